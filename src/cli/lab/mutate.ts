import { loadLab } from '#runtime/course.ts';
import { loadGrader } from '#runtime/grade/load-grader.ts';
import { readFixtures } from '#runtime/prove/fixture.ts';
import { readExcuses } from '#runtime/prove/mutants-file.ts';
import { countMutants, type Mutation, mutate, survivedShare } from '#runtime/prove/mutate.ts';
import { type MutantCount, readProof, writeMutants } from '#runtime/prove/proof-file.ts';
import { CommandFailure } from '../failure.ts';
import { settingsFor } from '../settings.ts';
import { asTheUserWould } from '../umask.ts';
import type { LabRun } from './index.ts';
import { namedLabs } from './named.ts';

/** The most that may survive, of those that somebody had to notice. */
export const mutantBar = 0.05;

/** `lab mutate`: spoils the recorded evidence of labs, lists what no task noticed, and keeps the figures in a proof that holds. */
export const run: LabRun = async (words, args, context) => {
  const settings = settingsFor(args, context);
  let isOver = false;
  const all = [];
  for (const id of namedLabs(settings.course, words, args.on('all'))) {
    const lab = loadLab(settings.course, id);
    const grader = await loadGrader({ root: context.root, folder: lab.folder, tasks: lab.file.tasks });
    const fixtures = readFixtures(lab.folder);
    if (Object.keys(fixtures).length === 0) {
      throw new CommandFailure(`${id} has no fixtures to spoil`, { advice: `./slipway lab test ${id} records them.` });
    }
    const mutation = mutate(grader.tasks, fixtures, readExcuses(lab.folder));
    const count = countMutants(mutation);
    const proof = readProof(lab.folder);
    if (proof.state === 'valid' && proof.file.scope === 'all') asTheUserWould(() => writeMutants(lab.folder, proof.file, count));
    isOver ||= survivedShare(count) > mutantBar;
    all.push({ id, ...count, survivors: mutation.survivors, setAside: { inert: mutation.inert, excused: mutation.excused } });
    if (!args.on('json')) process.stdout.write(`${told(id, mutation, count).join('\n')}\n`);
  }
  if (args.on('json')) process.stdout.write(`${JSON.stringify(all.length === 1 ? all[0] : { labs: all }, null, 2)}\n`);
  return isOver ? 1 : 0;
};

function told(id: string, { survivors, inert, excused, idle }: Mutation, count: MutantCount): string[] {
  const share = `${(100 * survivedShare(count)).toFixed(1)} %`;
  const groups = <T extends Mutation['survivors'][number]>(mutants: readonly T[], why: (mutant: T) => string) => {
    const by = new Map<string, T[]>();
    for (const one of mutants) {
      const key = `${one.task}: ${one.pattern}: ${one.kind}${why(one)}`;
      by.set(key, [...(by.get(key) ?? []), one]);
    }
    return [...by].sort(([, a], [, b]) => b.length - a.length).map(([key, { length }]) => `  ${String(length).padStart(4)}  ${key}`);
  };
  const example = survivors[0];
  return [
    `${id}: ${count.made} mutants, ${count.survived} survived: ${share} of the ${count.made - count.inert - count.excused} that somebody had to notice`,
    ...groups(survivors, () => ''),
    ...(example ? [`  such as ${example.path} in ${example.fixture}: ${short(example.was)} became ${short(example.now)}`] : []),
    ...(inert.length > 0 ? [`${inert.length} cannot matter:`, ...groups(inert, ({ reason }) => ` (${reason})`)] : []),
    ...(excused.length > 0 ? [`${excused.length} excused by mutants.yaml:`, ...groups(excused, ({ reason }) => ` (${reason})`)] : []),
    ...idle.map(({ path, kind }) => `mutants.yaml excuses ${path}${kind ? ` (${kind})` : ''}, and no such mutant is left to excuse`),
  ];
}

const short = (value: unknown) => {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
};
