import { type BenchOptions, quantile, spread, unlessStopped } from './bench-lab.ts';
import { ofLimit, ofPairs } from './figure.ts';
import { firstPod, labOfSession } from './lab/first-pod.ts';
import { peerName, stockKind } from './lab/kind.ts';
import { bare, benchSite, sparesReady } from './lab/site.ts';

/** Claims to one cluster of kind's: they are quick, and their tail is judged. */
const claims = 4;
const spares = 2;

/** From a click to the prompt in a lab that stood ready, beside `kind create cluster --wait`; and until its first new pod runs. */
export async function measure(options: BenchOptions) {
  const { signal, say, pairs = 5 } = options;
  await using kind = await stockKind(options);
  await using on = await benchSite(options, { poolMiB: spares * 1500, captures: 1 });
  const [one] = await on.learners(1);
  if (one === undefined) throw new Error('there is no learner');
  const rounds: { ready: number; prompt: number; pod: number }[][] = [];
  const peers: number[] = [];
  const full = async () => await on.reaches(sparesReady(bare), 1, 900);
  const ours = async () => {
    const round = [];
    for (let claim = 0; claim < claims; claim += 1) {
      await full();
      const { session, ready, prompt } = await one.start(bare, 'warm');
      const began = performance.now();
      await firstPod(await labOfSession(on, session), signal);
      round.push({ ready, prompt, pod: Math.round(performance.now() - began) });
      await one.end(session);
    }
    rounds.push(round);
  };
  say('spares are made');
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 2 === 0) await unlessStopped(signal, ours());
    // Nothing is made ahead beside the peer.
    await full();
    peers.push(await kind.create(peerName()));
    await kind.remove(peerName());
    if (pair % 2 === 1) await unlessStopped(signal, ours());
    say(`pair ${pair + 1}: ${JSON.stringify(rounds.at(-1))}, kind ${peers.at(-1)} ms`);
  }
  const all = rounds.flat();
  const middle = (round: readonly { prompt: number }[]) =>
    quantile(
      round.map(({ prompt }) => prompt),
      0.5,
    );
  const sides = rounds.map((round, index) => ({ ours: middle(round), peer: peers[index] ?? Number.NaN }));
  const p95 = (of: 'prompt' | 'pod') => spread(all.map((one) => one[of])).p95;
  const figures = [
    ofPairs(
      { name: 'P2', what: 'click to prompt in a lab that stood ready, beside `kind create cluster --wait`', unit: 'ms', bar: 0.05 },
      sides,
    ),
    ofLimit({ name: 'P2', what: `click to prompt in a lab that stood ready, p95 of ${all.length}`, unit: 'ms', limit: 700 }, [
      p95('prompt'),
    ]),
    ofLimit({ name: 'P2', what: `its first new pod runs, p95 of ${all.length}`, unit: 'ms', limit: 3000 }, [p95('pod')]),
  ];
  return { figures, details: { kind: kind.version, claims: rounds, peers } };
}
