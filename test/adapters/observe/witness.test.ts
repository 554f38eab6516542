import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGrader, entries, kube, reasons, rule, task } from '#grading';
import { gradedTasks } from '#grading/grader.ts';
import { gradeLab } from '#runtime/grade/grade-lab.ts';
import { watchWitnesses } from '#runtime/grade/watch-witnesses.ts';
import { observer } from '#runtime/observe/observer.ts';
import { memoryJournal } from '#runtime/prove/memory-journal.ts';
import { type FakeLab, fakeLab } from './fake-lab.ts';

const path = '/api/v1/namespaces/shop/pods/web';
const web = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: z.object({ metadata: z.object({ uid: z.string() }) }) });
const because = reasons({ 'web.never-replaced': { seen: '{count} pods', needed: 'two', why: 'w', lookAt: 'l' } });
const uids = (seen: readonly { kind: string; value: unknown }[]) =>
  new Set(seen.flatMap(({ kind, value }) => (kind === 'seen' && value !== null ? [JSON.stringify(value)] : [])));
const tasks = gradedTasks(
  [{ id: 'replaced', points: 1 }],
  defineGrader({
    words: because,
    tasks: {
      replaced: task({
        lasts: 'once',
        observe: { web },
        witness: { pods: web },
        expect: z
          .object({ pods: entries(web) })
          .check(rule(({ pods }) => (uids(pods).size < 2 ? [because('web.never-replaced', { count: uids(pods).size })] : []))),
      }),
    },
  }),
);

const session = { id: 's', epoch: 1 };
const signal = () => AbortSignal.timeout(5000);
const failures: unknown[] = [];
let lab: FakeLab;
let journal: ReturnType<typeof memoryJournal>;
const open = () => observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), kube: lab.kube });
const watch = (eye = open()) =>
  watchWitnesses({ observer: eye, journal, session, tasks, pace: 60_000, onError: (error) => failures.push(error) });
const kept = async () => (await journal.list('s', 1, ['replaced.pods'])).map(({ kind, value }) => [kind, value]);
const pod = (uid: string) => lab.objects.set(path, { metadata: { uid } });
const uid = (uid: string) => ['seen', { metadata: { uid } }];

beforeEach(async () => {
  lab = await fakeLab();
  lab.objects.set('/api/v1', { resources: [{ name: 'pods', kind: 'Pod', namespaced: true }] });
  journal = memoryJournal();
});
afterEach(async () => {
  expect(failures).toEqual([]);
  await lab.close();
});

test('the journal holds changes, not looks', async () => {
  const watching = watch();
  pod('a');
  for (let times = 0; times < 3; times++) await watching.look(signal());
  pod('b');
  await watching.look(signal());
  await watching.close();
  const seen = await kept();
  expect(seen.slice(-2)).toEqual([uid('a'), uid('b')]);
});

test('an outage is a gap in the journal, with its beginning', async () => {
  pod('a');
  const watching = watch();
  await watching.look(signal());
  lab.objects.set(path, 500);
  await watching.look(signal());
  await watching.look(signal());
  pod('a');
  await watching.look(signal());
  await watching.close();
  expect(await kept()).toEqual([uid('a'), ['gap', { from: expect.stringMatching(/^2/) }]]);
});

test('a server that starts again says what it missed, and does not repeat what it knows', async () => {
  pod('a');
  const first = watch();
  await first.look(signal());
  await first.close();
  const second = watch();
  await second.look(signal());
  pod('b');
  await second.look(signal());
  await second.close();
  expect((await kept()).map(([kind]) => kind)).toEqual(['seen', 'gap', 'seen']);
});

test('a task that lasts once is passed by its journal and stays passed', async () => {
  const eye = open();
  const watching = watch(eye);
  const settling = new Map<string, string>();
  const grade = async () => {
    const [graded] = await gradeLab({ observer: eye, journal, session, tasks, settling, witness: watching.look, signal: signal() });
    return graded?.verdict.status;
  };
  pod('a');
  expect(await grade()).toBe('wrong');
  pod('b');
  expect(await grade()).toBe('passed');
  lab.objects.delete(path);
  lab.objects.set(path, 500);
  expect(await grade()).toBe('passed');
  expect(await journal.list('s', 1, ['replaced:passed'])).toHaveLength(1);
  await watching.close();
});
