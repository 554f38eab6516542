import type { Arguments } from '../arguments.ts';
import { type Context, commands, type Run } from '../commands.ts';
import { CommandFailure } from '../failure.ts';

/** What `lab` can do, each with the flags that are its own. */
const verbs: Readonly<Record<string, { flags: readonly string[]; words: number; load: () => Promise<{ run: LabRun }> }>> = {
  test: { flags: ['all', 'quick', 'twice', 'json'], words: 20, load: () => import('./test.ts') },
  new: { flags: [], words: 1, load: () => import('./new.ts') },
  run: { flags: ['keep'], words: 1, load: () => import('./run.ts') },
  schema: { flags: [], words: 0, load: () => import('./schema.ts') },
  mutate: { flags: ['json', 'all'], words: 20, load: () => import('./mutate.ts') },
};

/** A verb's code: like a command's, with the words after the verb. */
export type LabRun = (words: readonly string[], args: Arguments, context: Context) => Promise<number>;

export const run: Run = async (args, context) => {
  const [name = '', ...words] = args.words;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  const usage = commands['lab']?.usage ?? '';
  if (verb === undefined) throw new CommandFailure(`"${name}" is not something lab can do`, { advice: `It takes: ${usage}`, exitCode: 2 });
  const stray = Object.keys(commands['lab']?.flags ?? {}).find((flag) => args.on(flag) && !verb.flags.includes(flag));
  if (stray !== undefined) throw new CommandFailure(`lab ${name} does not know --${stray}`, { advice: `It takes: ${usage}`, exitCode: 2 });
  const extra = words[verb.words];
  if (extra !== undefined) throw new CommandFailure(`lab ${name} does not know what to do with "${extra}"`, { exitCode: 2 });
  const { run: runVerb } = await verb.load();
  return await runVerb(words, args, context);
};
