import { describe, expect, test } from 'vitest';
import { readArguments, wholeNumber } from '#cli/arguments.ts';
import { commands } from '#cli/commands.ts';
import { CommandFailure } from '#cli/failure.ts';

const read = (name: string, ...argv: string[]) => {
  const command = commands[name];
  if (!command) throw new Error(`no command ${name}`);
  return readArguments(name, command.flags, command.words, argv);
};

/** The failure's exit code and sentence. */
function failure(work: () => unknown): [number, string] {
  try {
    work();
  } catch (error) {
    if (error instanceof CommandFailure) return [error.exitCode, error.message];
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a command line', () => {
  test('gives values in both spellings, and switches', () => {
    const args = read('up', '--port', '5000', '--no-engine');
    expect([args.value('port'), args.on('no-engine'), args.on('yes')]).toEqual(['5000', true, false]);
    expect(read('up', '--port=5001').value('port')).toBe('5001');
    expect(read('lab', 'test', '04-state-inside', '--all').words).toEqual(['test', '04-state-inside']);
  });

  test.each([
    [['up', '--prot', '5000'], '--prot is not a flag of "slipway up"'],
    [['up', '-p', '5000'], '-p is not a flag of "slipway up"'],
    [['up', '--port'], '--port needs a value: --port N'],
    [['up', '--port', '--yes'], '--port needs a value: --port N'],
    [['up', '--yes=no'], '--yes takes no value'],
    [['down', 'all'], '"slipway down" does not know what to do with "all"'],
    [['images'], '"slipway images" needs one of: list, build, prune'],
  ])('%j is refused with its fault named', ([name = '', ...argv], message) => {
    expect(failure(() => read(name, ...argv))).toEqual([2, message]);
  });

  test('a port is a whole number from 0 to 65535', () => {
    expect(wholeNumber('0', '--port', 0, 65_535)).toBe(0);
    for (const text of ['65536', '-1', '4321.5', '1e3', 'http', '', ' 80']) {
      expect(failure(() => wholeNumber(text, '--port', 0, 65_535))).toEqual([2, `--port "${text}" is not a whole number from 0 to 65535`]);
    }
  });
});
