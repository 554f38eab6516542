import { parseArgs } from 'node:util';
import { CommandFailure } from './failure.ts';

/** A flag of a command: a switch, or one that takes a value (shown as `value` in the help). */
export interface Flag {
  help: string;
  value?: string;
}

export interface Arguments {
  on(flag: string): boolean;
  value(flag: string): string | undefined;
  words: readonly string[];
}

/**
 * Reads a command line against the flags a command takes. `words` bounds how many bare words it takes.
 * Throws `CommandFailure` (exit 2) that names the flag or word which does not belong.
 */
export function readArguments(
  command: string,
  flags: Readonly<Record<string, Flag>>,
  words: { min: number; max: number; name: string },
  argv: readonly string[],
): Arguments {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { type: flag.value ? ('string' as const) : ('boolean' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string | true>();
  const bare: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') bare.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = flags[token.name];
    if (!flag) throw wrong(command, `${token.rawName} is not a flag of "slipway ${command}"`, flags);
    if (!flag.value && token.value !== undefined) throw wrong(command, `${token.rawName} takes no value`, flags);
    if (flag.value && (token.value === undefined || (!token.inlineValue && token.value.startsWith('--')))) {
      throw wrong(command, `${token.rawName} needs a value: ${token.rawName} ${flag.value}`, flags);
    }
    values.set(token.name, token.value ?? true);
  }
  const extra = bare[words.max];
  if (extra !== undefined) throw wrong(command, `"slipway ${command}" does not know what to do with "${extra}"`, flags);
  if (bare.length < words.min) throw wrong(command, `"slipway ${command}" needs ${words.name}`, flags);
  return {
    on: (name) => values.has(name),
    value: (name) => {
      const value = values.get(name);
      return typeof value === 'string' ? value : undefined;
    },
    words: bare,
  };
}

/** A flag's value as a whole number between two bounds; undefined when the flag is not given. */
export function wholeNumber(text: string | undefined, flag: string, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new CommandFailure(`${flag} "${text}" is not a whole number from ${min} to ${max}`, { exitCode: 2 });
}

function wrong(command: string, message: string, flags: Readonly<Record<string, Flag>>): CommandFailure {
  const known = Object.entries(flags).map(([name, flag]) => `--${name}${flag.value ? ` ${flag.value}` : ''}`);
  const advice = known.length > 0 ? `It takes ${known.join(', ')}.` : 'It takes no flags.';
  return new CommandFailure(message, { advice: `${advice} More: ./slipway help ${command}`, exitCode: 2 });
}
