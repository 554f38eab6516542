import { join } from 'node:path';
import type { StartWay } from '#lab/session.ts';
import { type BenchOptions, unlessStopped } from './bench-lab.ts';
import { ofPairs } from './figure.ts';
import { peerName, stockKind } from './lab/kind.ts';
import type { Began } from './lab/learner.ts';
import { type BenchSite, bare, benchSite, capturesGood } from './lab/site.ts';

interface Round {
  restored: Began;
  cold: Began;
  kind: number;
}

/** What is started, beside as many nodes of kind's. The first alone is judged. */
const labs = [
  { lab: bare, course: 'bench/bare', workers: 0, what: 'one node' },
  { lab: '04-state-inside', course: '', workers: 1, what: 'lab 4, two nodes and its set-up, beside two bare nodes' },
] as const;

/**
 * From a click to the prompt in a lab whose node is ready, beside `kind create cluster --wait` with the same node image, in turn: made
 * from a capture, which is judged, and from nothing. No spare stands ready.
 */
export async function measure(options: BenchOptions) {
  const { root, signal, say, pairs = 5 } = options;
  await using kind = await stockKind(options);
  const figures = [];
  const details: Record<string, unknown> = { kind: kind.version, image: kind.image };
  for (const { lab, course, workers, what } of labs) {
    await using capturing = await benchSite(options, { course: join(root, course), captures: 1 });
    await using plain = await benchSite(options, { course: join(root, course) });
    say(`${what}: a capture is taken`);
    await capturing.reaches(capturesGood, 1, 900);
    const ours = async (on: BenchSite, way: StartWay) => {
      const [one] = await on.learners(1);
      if (one === undefined) throw new Error('there is no learner');
      const began = await one.start(lab, way);
      await one.end(began.session);
      return began;
    };
    const rounds: Round[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const theirs = async () => {
        const took = await kind.create(peerName(), workers);
        await kind.remove(peerName());
        return took;
      };
      const early = pair % 2 === 0 ? await unlessStopped(signal, ours(capturing, 'restored')) : null;
      const cold = await unlessStopped(signal, ours(plain, 'cold'));
      const peer = await theirs();
      const round = { restored: early ?? (await unlessStopped(signal, ours(capturing, 'restored'))), cold, kind: peer };
      rounds.push(round);
      say(`pair ${pair + 1}: restored ${round.restored.prompt} ms, cold ${round.cold.prompt} ms, kind ${round.kind} ms`);
    }
    const sides = (way: 'restored' | 'cold') => rounds.map((round) => ({ ours: round[way].prompt, peer: round.kind }));
    const from = `${what}, click to prompt, beside \`kind create cluster --wait\``;
    const bar = lab === bare ? 0.4 : null;
    figures.push(ofPairs({ name: 'P1', what: `${from}: restored`, unit: 'ms', bar }, sides('restored')));
    figures.push(ofPairs({ name: 'P1', what: `${from}: cold`, unit: 'ms', bar: null }, sides('cold')));
    details[lab] = rounds;
  }
  return { figures, details };
}
