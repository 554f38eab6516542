import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readArguments } from './arguments.ts';
import { commands } from './commands.ts';
import { CommandFailure, inWords } from './failure.ts';
import { explain, overview } from './help.ts';
import { keepToOneself } from './umask.ts';

const root = resolve(import.meta.dirname, '../..');

/** Runs one command line and answers its exit code: 0 done, 1 failed, 2 not a command line we know, 130 interrupted. */
export async function main(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const interrupt = new AbortController();
  try {
    const [name = 'help', ...rest] = argv;
    if (['help', '--help', '-h'].includes(name)) return help(rest[0]);
    const command = commands[name];
    if (!command || !Object.hasOwn(commands, name)) throw unknown(name);
    if (rest.includes('--help') || rest.includes('-h')) return help(name);
    const args = readArguments(name, command.flags, command.words, rest);
    const { run } = await command.load();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => interrupt.abort(new CommandFailure('stopped', { exitCode: signal === 'SIGINT' ? 130 : 143 })));
    }
    return await run(args, { root, env, signal: interrupt.signal });
  } catch (error) {
    const cause = interrupt.signal.aborted ? interrupt.signal.reason : error;
    process.stderr.write(`slipway: ${inWords(cause)}\n`);
    return cause instanceof CommandFailure ? cause.exitCode : 1;
  }
}

function help(name: string | undefined): number {
  if (name !== undefined && !Object.hasOwn(commands, name)) throw unknown(name);
  const command = name === undefined ? undefined : commands[name];
  process.stdout.write(`${command ? explain(command) : overview(commands)}\n`);
  return 0;
}

const unknown = (name: string) =>
  new CommandFailure(`"${name}" is not a command`, { advice: `Commands: ${Object.keys(commands).join(', ')}, help.`, exitCode: 2 });

if (pathToFileURL(process.argv[1] ?? '').href === import.meta.url) {
  keepToOneself();
  // Whoever read our output has seen enough (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  process.exitCode = await main(process.argv.slice(2), process.env);
}
