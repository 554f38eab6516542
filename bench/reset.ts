import { type BenchOptions, unlessStopped } from './bench-lab.ts';
import { ofPairs } from './figure.ts';
import { peerName, stockKind } from './lab/kind.ts';
import { type BenchSite, bare, benchSite, capturesGood, sparesReady } from './lab/site.ts';

const ways = ['warm', 'restored', 'cold'] as const;
type Way = (typeof ways)[number];
const bars: Readonly<Record<Way, number | null>> = { warm: 0.1, restored: null, cold: 0.6 };
const settings: Readonly<Record<Way, { poolMiB?: number; captures?: number }>> = {
  warm: { poolMiB: 1500, captures: 1 },
  restored: { captures: 1 },
  cold: {},
};

/** From a click on Reset to the prompt of the new lab, by each way, beside `kind delete cluster` and `kind create cluster --wait`. */
export async function measure(options: BenchOptions) {
  const { signal, say, pairs = 5 } = options;
  await using kind = await stockKind(options);
  const figures = [];
  const details: Record<string, unknown> = { kind: kind.version };
  for (const way of ways) {
    await using on = await benchSite(options, settings[way]);
    const rounds: { ours: number; peer: number }[] = [];
    await kind.create(peerName());
    const [one] = await on.learners(1);
    if (one === undefined) throw new Error('there is no learner');
    say(`${way}: making what is needed`);
    await prepared(on, way);
    const { session } = await one.start(bare);
    for (let pair = 0; pair < pairs; pair += 1) {
      const ours = async () => {
        await prepared(on, way);
        return (await one.reset(session, way)).prompt;
      };
      const early = pair % 2 === 0 ? await unlessStopped(signal, ours()) : null;
      await prepared(on, way);
      const peer = (await kind.remove(peerName())) + (await kind.create(peerName()));
      rounds.push({ ours: early ?? (await unlessStopped(signal, ours())), peer });
      say(`${way}, pair ${pair + 1}: ${JSON.stringify(rounds.at(-1))}`);
    }
    await kind.remove(peerName());
    const what = `reset to prompt, ${way}, beside \`kind delete cluster\` and \`create --wait\``;
    figures.push(ofPairs({ name: 'P16', what, unit: 'ms', bar: bars[way] }, rounds));
    details[way] = rounds;
  }
  return { figures, details };
}

/** Nothing is made ahead any more, so that neither side has it beside it. */
async function prepared(on: BenchSite, way: Way): Promise<void> {
  if (way !== 'cold') await on.reaches(capturesGood, 1, 900);
  if (way === 'warm') await on.reaches(sparesReady(bare), 1, 900);
}
