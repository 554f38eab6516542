import type { Command } from './commands.ts';

/** The overview of all commands. */
export function overview(commands: Readonly<Record<string, Command>>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, command]) => `  ${name.padEnd(width)}  ${command.summary}`);
  return [
    'Usage: ./slipway COMMAND [FLAGS]',
    '',
    ...lines,
    `  ${'help'.padEnd(width)}  This list, or one command's flags: ./slipway help up`,
  ].join('\n');
}

/** One command's usage and flags. */
export function explain(command: Command): string {
  const names = Object.entries(command.flags).map(([name, flag]) => [`--${name}${flag.value ? ` ${flag.value}` : ''}`, flag.help] as const);
  const width = Math.max(0, ...names.map(([name]) => name.length));
  return [
    `Usage: ./slipway ${command.usage}`,
    '',
    command.summary,
    ...names.map(([name, help]) => `  ${name.padEnd(width)}  ${help}`),
  ].join('\n');
}
