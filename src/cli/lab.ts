import type { Run } from './commands.ts';
import { CommandFailure } from './failure.ts';

/** `lab test ID…`: proves labs on real clusters. */
export const run: Run = async (args) => {
  const [verb, ...ids] = args.words;
  if (verb !== 'test') throw new CommandFailure(`"${verb}" is not something lab can do`, { advice: 'It takes: lab test ID…', exitCode: 2 });
  if (ids.length === 0 && !args.on('all'))
    throw new CommandFailure('which lab?', { advice: './slipway lab test 04-state-inside', exitCode: 2 });
  throw new CommandFailure('proving a lab is not wired up');
};
