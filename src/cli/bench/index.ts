import { type BenchOptions, busyness } from '../../../bench/bench-lab.ts';
import { type Figure, keepResults, lineOf } from '../../../bench/figure.ts';
import { type Arguments, wholeNumber } from '../arguments.ts';
import type { Context } from '../commands.ts';
import { CommandFailure, inWords } from '../failure.ts';

interface Bench {
  measure(options: BenchOptions): Promise<{ figures: readonly Figure[]; details: unknown }>;
}

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  shell: () => import('../../../bench/shell.ts'),
  page: () => import('../../../bench/page.ts'),
  grade: () => import('../../../bench/grade.ts'),
  tick: () => import('../../../bench/tick.ts'),
  start: () => import('../../../bench/start.ts'),
  warm: () => import('../../../bench/warm.ts'),
  reset: () => import('../../../bench/reset.ts'),
  idle: () => import('../../../bench/idle.ts'),
  many: () => import('../../../bench/many.ts'),
  api: () => import('../../../bench/api.ts'),
  soak: () => import('../../../bench/soak.ts'),
};

/** Measures on labs of its own, keeps the figures under `bench/results/` and prints them; exit 1 when one misses its bar. */
export async function run(args: Arguments, { root, signal }: Context): Promise<number> {
  const [name = ''] = args.words;
  const pairs = wholeNumber(args.value('pairs'), '--pairs', 1, 100);
  const minutes = wholeNumber(args.value('minutes'), '--minutes', 1, 24 * 60);
  const most = wholeNumber(args.value('most'), '--most', 1, 100);
  const density = wholeNumber(args.value('density'), '--density', 1, 200);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const file = args.value('trace');
  if (file !== undefined) {
    if (name !== 'start') throw new CommandFailure('--trace goes with `bench start`', { exitCode: 2 });
    const { trace } = await import('../../../bench/trace.ts');
    await trace({ root, signal, say, file });
    return 0;
  }
  const figures: Figure[] = [];
  let isWhole = true;
  for (const one of name === 'all' ? Object.keys(benches).filter((each) => each !== 'soak') : [name]) {
    const load = Object.hasOwn(benches, one) ? benches[one] : undefined;
    if (load === undefined) {
      throw new CommandFailure(`There is no measurement "${one}"`, {
        advice: `Use one of: ${Object.keys(benches).join(', ')}, all.`,
        exitCode: 2,
      });
    }
    const { measure } = await load();
    const busy = busyness();
    if (busy > 1) say(`this machine is busy with other work (load ${busy.toFixed(1)} a core): figures of now may not be had again`);
    try {
      const measured = await measure({ root, signal, say, pairs, minutes, most, density });
      await keepResults(root, one, busy, measured.figures, measured.details);
      figures.push(...measured.figures);
    } catch (error) {
      if (name !== 'all' || signal.aborted) throw error;
      isWhole = false;
      say(`bench ${one} could not be made: ${inWords(error)}`);
    }
  }
  if (args.on('json')) process.stdout.write(`${JSON.stringify(figures)}\n`);
  else for (const figure of figures) process.stdout.write(`${lineOf(figure)}\n`);
  return isWhole && figures.every(({ ok }) => ok) ? 0 : 1;
}
