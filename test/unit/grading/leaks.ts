import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of a lab's right answers, without their comments. */
export function answersOf(folder: string): string {
  return ['solve.sh', ...readdirSync(join(folder, 'right')).map((name) => `right/${name}`)]
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll(/^#.*$/gm, ''))
    .join('\n');
}

/** Where texts hold four tokens in a row of an answer, or a `key: value` of its manifests that the task itself does not give. */
export function leaks(texts: readonly string[], answers: string, given: string): string[] {
  const fours = new Set(runsOfFour(answers));
  const pairs = [...answers.matchAll(/^[\s-]*([\w.-]+): (\S+)$/gm)]
    .map(([, key, value]) => `${key}: ${value}`)
    .filter((pair) => !given.includes(pair));
  return texts.flatMap((text) => {
    const found = [...runsOfFour(text).filter((run) => fours.has(run)), ...pairs.filter((pair) => text.includes(pair))];
    return found.map((piece) => `${text}: "${piece}"`);
  });
}

function runsOfFour(text: string): string[] {
  const tokens = text
    .toLowerCase()
    .split(/[^\w./-]+/)
    .filter(Boolean);
  return tokens.slice(3).map((_, index) => tokens.slice(index, index + 4).join(' '));
}
