import { CommandFailure } from '../failure.ts';
import { labIds } from '../test/proof-hashes.ts';

/** The labs a command line names, or with `all` every lab of the course. Throws for one that is not there. */
export function namedLabs(course: string, words: readonly string[], all: boolean): readonly string[] {
  const known = labIds(course);
  const advice = `Labs: ${known.join(', ')}.`;
  const unknown = words.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new CommandFailure(`there is no lab "${unknown}"`, { advice, exitCode: 2 });
  if (words.length === 0 && !all) throw new CommandFailure('which lab?', { advice, exitCode: 2 });
  return words.length > 0 ? words : known;
}
