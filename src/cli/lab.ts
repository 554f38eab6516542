import { loadCourse } from '#runtime/course.ts';
import { writeProof } from '#runtime/prove/prove-lab.ts';
import type { Run } from './commands.ts';
import { readyEngine } from './engine/ready.ts';
import { CommandFailure } from './failure.ts';
import { imagesOf, labImageNames, readyImages } from './needed-images.ts';
import { progressOn, span } from './progress.ts';
import { narrator, prove } from './prove.ts';
import { settingsFor } from './settings.ts';
import { asTheUserWould } from './umask.ts';

/** `lab test ID…`: proves labs on real clusters, and writes `proof.json` and the fixtures of those that hold. */
export const run: Run = async (args, context) => {
  const { root, env, signal } = context;
  const [verb, ...ids] = args.words;
  if (verb !== 'test') throw new CommandFailure(`"${verb}" is not something lab can do`, { advice: 'It takes: lab test ID…', exitCode: 2 });
  const settings = settingsFor(args, context);
  const { labs } = loadCourse(settings.course);
  const known = `Labs: ${Object.keys(labs).join(', ')}.`;
  if (ids.length === 0) throw new CommandFailure('which lab?', { advice: known, exitCode: 2 });
  const unknown = ids.find((id) => !Object.hasOwn(labs, id));
  if (unknown !== undefined) throw new CommandFailure(`there is no lab "${unknown}"`, { advice: known, exitCode: 2 });

  const progress = progressOn(process.stdout);
  const engine = await readyEngine({ env, data: settings.data, instance: settings.instance, yes: false, progress, signal });
  await readyImages(imagesOf(engine.docker, root, env), labImageNames(settings.course, ids), { progress, signal });
  let failed = 0;
  for (const id of ids) {
    const proof = await progress.phase(
      `proving ${id}`,
      (detail) =>
        prove(
          id,
          { root, course: settings.course, docker: engine.docker, all: args.on('all'), choice: 0, signal },
          narrator(progress.say, detail, span),
        ),
      {
        estimate: 150,
        failed: ({ passed }) => !passed,
        said: ({ passed, problems }) => (passed ? 'it tells right from wrong' : `${problems.length} problems`),
      },
    );
    const folder = labs[id]?.folder;
    if (proof.passed && folder !== undefined) asTheUserWould(() => writeProof(folder, proof));
    else failed += 1;
  }
  progress.say(failed === 0 ? 'Written: proof.json and fixtures/.' : 'Nothing was written for what failed.');
  return failed === 0 ? 0 : 1;
};
