import { expect, test } from 'vitest';
import { z } from 'zod';
import { kube, trial } from '#grading';
import { trialName } from '#grading/grader.ts';
import { checkLab } from '#runtime/check-lab.ts';
import { startLab } from '#runtime/start-lab.ts';
import { workbench } from './context.ts';

test('a press of Check takes back what the trial of any task left, before it judges', async () => {
  const bench = await workbench();
  try {
    const { session } = await startLab(bench.context, bench.learner, '04-state-inside');
    const ready = await bench.reaches(session.id, 'ready');
    const watch = await bench.context.watches.get(ready.id);
    const [judged, other] = watch?.grader.tasks ?? [];
    if (!watch || !judged || !other) throw new Error('it is not watched');
    const note = kube.object('v1', 'ConfigMap', 'note', { namespace: 'shop', fields: z.object({}) });
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note', namespace: 'shop' } };
    const tried = trial.change({ verb: 'create', manifest }, { until: note, holds: z.object({}), within: 1 });
    const trying = { ...other, trial: { observe: { tried }, expect: z.object({}) } };
    watch.grader = { ...watch.grader, tasks: watch.grader.tasks.map((one) => (one === other ? trying : one)) };

    const { journal } = bench.context.store;
    const states = async () =>
      (await journal.list(ready.id, ready.epoch, [trialName(other.id)])).map(
        ({ value }) => z.object({ state: z.string() }).parse(value).state,
      );
    const begun = { state: 'begun', id: 'left', trial: 'tried', cluster: 'main', undo: [] };
    await journal.append(ready.id, ready.epoch, { at: new Date().toISOString(), witness: trialName(other.id), kind: 'seen', value: begun });
    expect(await checkLab(bench.context, ready, judged.id)).toHaveLength(1);
    expect(await states()).toEqual(['begun', 'undone']);
  } finally {
    await bench.close();
  }
});
