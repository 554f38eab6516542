import { createInterface } from 'node:readline';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { LabAccess } from '#cluster/port.ts';
import { loadLab } from '#runtime/course.ts';
import type { Graded } from '#runtime/grade/grade-lab.ts';
import { loadGrader } from '#runtime/grade/load-grader.ts';
import { labImages } from '#runtime/lab-images.ts';
import { type Judging, judgeIn } from '#runtime/prove/judging.ts';
import { memoryJournal } from '#runtime/prove/memory-journal.ts';
import { readyEngine } from '../engine/ready.ts';
import { imagesOf, labImageNames, readyImages } from '../needed-images.ts';
import { progressOn, span } from '../progress.ts';
import { settingsFor } from '../settings.ts';
import { authorRef, openAuthorLab } from './author-lab.ts';
import type { LabRun } from './index.ts';
import { namedLabs } from './named.ts';
import { savesIn } from './saves.ts';
import { tellVerdicts } from './tell.ts';

/** How often the lab is judged although nobody saved anything, in milliseconds. */
const pace = 3000;

/** `lab run`: one lab for its author, judged anew whenever its grader is saved or the lab has changed. */
export const run: LabRun = async (words, args, context) => {
  const { root, env, signal } = context;
  const settings = settingsFor(args, context);
  const [id = ''] = namedLabs(settings.course, words, false);
  const lab = loadLab(settings.course, id);
  const progress = progressOn(process.stdout);
  const engine = await readyEngine({ env, data: settings.data, instance: settings.instance, yes: false, progress, signal });
  const { docker } = engine;
  await readyImages(imagesOf(docker, root, env), labImageNames(settings.course, [id]), { progress, signal });
  const images = labImages(docker, root);
  const quietly = (name: string) => () => images.ensure(name, () => undefined, signal);
  const provider = kindProvider({ docker, nodeImage: quietly('node'), gatewayImage: quietly('gateway') });
  const ref = authorRef({ lab, instance: settings.instance });
  try {
    const { access } = await progress.phase(
      `a lab of ${id}`,
      (detail) => openAuthorLab({ provider, images, lab, instance: settings.instance }, detail, signal),
      {
        estimate: 25,
        said: ({ found }) => (found ? 'it stands already' : 'made'),
      },
    );
    progress.say(`A shell in it:  docker exec -it slipway-${ref.lab}-toolbox bash -l`);
    progress.say('Saving grade.ts, words.ts or lab.yaml judges again. Enter presses Check, with its trials. Ctrl-C ends.');
    await loop(access);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (args.on('keep'))
      progress.say(`The lab stands. ./slipway lab run ${id} finds it, and removes it at its end unless told to keep it.`);
    else
      await progress.phase('removing the lab', () =>
        provider.remove({ instance: ref.instance, lab: ref.lab }, AbortSignal.timeout(120_000)),
      );
    provider.close?.();
  }
  return 0;

  async function loop(access: LabAccess): Promise<void> {
    const journal = memoryJournal();
    const open = async (): Promise<Judging> => {
      const { file, folder } = loadLab(settings.course, id);
      const grader = await loadGrader({ root, folder, tasks: file.tasks });
      return judgeIn({ provider, grader, asked: file.tasks, signal, journal }, access);
    };
    let judging = await open();
    let told = '';
    const events = savesIn(lab.folder, pace, signal);
    const keys = createInterface({ input: process.stdin });
    keys.on('line', () => events.push('check'));
    events.push('saved');
    try {
      for await (const event of events) {
        const began = performance.now();
        if (event === 'saved') {
          const fresh = await open().catch((error: unknown) => error);
          if (fresh instanceof Error) {
            progress.say(`✗ ${fresh.message}\n  The grader from before goes on.`);
            told = '';
            continue;
          }
          await judging.close();
          judging = fresh as Judging;
        }
        const graded = await judging.grade({ trials: event === 'check' });
        const gist = JSON.stringify(graded.map(({ verdict }) => verdict));
        if (event === 'paced' && gist === told) continue;
        told = gist;
        say(event, graded, performance.now() - began);
      }
    } finally {
      keys.close();
      await judging.close();
    }
  }

  function say(event: string, graded: readonly Graded[], milliseconds: number): void {
    const why = { saved: 'judged', check: 'Check pressed', paced: 'the lab has changed' }[event];
    progress.say(`\n${new Date().toLocaleTimeString()}  ${why}, in ${span(milliseconds)}`);
    for (const line of tellVerdicts(graded)) progress.say(line);
  }
};
