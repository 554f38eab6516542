import type { Arguments } from '../arguments.ts';
import type { Context } from '../commands.ts';
import { CommandFailure } from '../failure.ts';

interface Bench {
  measure(options: { root: string; signal: AbortSignal; say: (line: string) => void }): Promise<{ figures: unknown; ok: boolean }>;
}

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  grade: () => import('../../../bench/grade.ts'),
  tick: () => import('../../../bench/tick.ts'),
  start: () => import('../../../bench/start.ts'),
};

/** Measures one thing on labs of its own and prints the figures; exit 1 when they miss their bar. */
export async function run(args: Arguments, { root, signal }: Context): Promise<number> {
  const [name = ''] = args.words;
  const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (load === undefined) {
    throw new CommandFailure(`There is no measurement "${name}"`, {
      advice: `Use one of: ${Object.keys(benches).join(', ')}.`,
      exitCode: 2,
    });
  }
  const { measure } = await load();
  const { figures, ok } = await measure({ root, signal, say: (line) => void process.stderr.write(`${line}\n`) });
  process.stdout.write(`${JSON.stringify(figures, null, args.on('json') ? 0 : 2)}\n`);
  if (!ok) process.stderr.write(`${name} misses its bar\n`);
  return ok ? 0 : 1;
}
