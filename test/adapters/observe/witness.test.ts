import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGrader, entries, http, kube, reasons, rule, task } from '#grading';
import { gradedTasks } from '#grading/grader.ts';
import { systemClock } from '#runtime/clock.ts';
import { gradeLab } from '#runtime/grade/grade-lab.ts';
import { watchWitnesses } from '#runtime/grade/watch-witnesses.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { memoryJournal } from '#runtime/prove/memory-journal.ts';
import { type FakeLab, fakeLab, podsPath, runningPod } from './fake-lab.ts';
import { until } from './stepped-clock.ts';

const Uid = z.object({ metadata: z.object({ uid: z.string() }) });
const web = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: Uid });
const answers = http.getEach('/count', {
  pods: { namespace: 'shop', labels: { app: 'web' } },
  port: 8080,
  fields: z.object({ count: z.int() }),
});
const because = reasons({ 'web.never-replaced': { seen: '{count} pods', needed: 'two', why: 'w', lookAt: 'l' } });
const uids = (seen: readonly { kind: string; value: unknown }[]) =>
  new Set(seen.flatMap(({ kind, value }) => (kind === 'seen' && value !== null ? [JSON.stringify(value)] : [])));
const tasks = gradedTasks(
  [
    { id: 'replaced', points: 1 },
    { id: 'counted', points: 1 },
  ],
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
      counted: task({ lasts: 'once', observe: {}, witness: { answers }, expect: z.object({ answers: entries(answers).min(1) }) }),
    },
  }),
);

const session = { id: 's', epoch: 1 };
const signal = () => AbortSignal.timeout(5000);
/** How far the journal's clock is put forward. */
let ahead: number;
const clock = { ...systemClock, now: () => Date.now() + ahead };
let failures: unknown[];
let lab: FakeLab;
let journal: ReturnType<typeof memoryJournal>;
const open = () => observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32) });
const watch = (eye: Observer) =>
  watchWitnesses({ observer: eye, journal, session, tasks, pace: () => 60_000, onError: (error) => failures.push(error), clock });
const kept = async (name = 'replaced.pods') => (await journal.list('s', 1, [name])).map(({ kind, value }) => [kind, value]);
const put = (uid: string) => lab.cluster.put(podsPath, runningPod('web', { uid }));
const uid = (uid: string) => ['seen', { metadata: { uid } }];
const gap = ['gap', { from: expect.stringMatching(/^2/) }];
const followed = () => until('the watch', () => lab.cluster.watched()[podsPath] === 1);
const begin = async () => {
  const eye = open();
  const watching = watch(eye);
  await watching.look(signal());
  await followed();
  return {
    ...watching,
    eye,
    close: async () => {
      await watching.close();
      await eye.close();
    },
  };
};

beforeEach(async () => {
  lab = await fakeLab();
  journal = memoryJournal();
  failures = [];
  ahead = 0;
});
afterEach(async () => {
  expect(failures).toEqual([]);
  await lab.close();
});

test('every state is in the journal, in order, also one that lasted no time at all', async () => {
  const watching = await begin();
  for (const one of ['a', 'b', 'a', 'c']) put(one);
  lab.cluster.remove(podsPath, 'web');
  put('d');
  await until('all of it', async () => (await kept()).length === 7);
  expect(await kept()).toEqual([['seen', null], uid('a'), uid('b'), uid('a'), uid('c'), ['seen', null], uid('d')]);
  await watching.close();
});

test('a look waits until the journal has what was seen', async () => {
  put('a');
  const watching = await begin();
  const release = lab.cluster.hold();
  put('b');
  const before = lab.asked.length;
  const looked = watching.look(signal());
  await until('it to have read', () => lab.asked.length > before && lab.probed.length > 0);
  expect(await kept()).toEqual([uid('a')]);
  setTimeout(release, 50);
  await looked;
  expect(await kept()).toEqual([uid('a'), uid('b')]);
  await watching.close();
});

test('the journal holds changes, not looks', async () => {
  put('a');
  const watching = await begin();
  for (let times = 0; times < 3; times++) await watching.look(signal());
  put('b');
  await watching.look(signal());
  expect(await kept()).toEqual([uid('a'), uid('b')]);
  await watching.close();
});

test('a watch that breaks and is taken up again leaves no gap and loses nothing', async () => {
  put('a');
  const watching = await begin();
  lab.cluster.endWatches('broken');
  put('b');
  put('c');
  await until('both', async () => (await kept()).length === 3);
  expect(await kept()).toEqual([uid('a'), uid('b'), uid('c')]);
  await watching.close();
});

test('what happened while nothing could be seen is a gap, with its beginning', async () => {
  put('a');
  const watching = await begin();
  let isBlind = false;
  watching.eye.informers.onEvent((_list, { type }) => {
    isBlind ||= type === 'blind';
  });
  lab.objects.set('*', 500);
  lab.cluster.endWatches('broken');
  await until('it to notice', () => isBlind);
  await watching.look(signal());
  lab.objects.delete('*');
  await followed();
  put('b');
  await until('the news', async () => (await kept()).length === 3);
  expect(await kept()).toEqual([uid('a'), gap, uid('b')]);
  await watching.close();
});

test('a server that starts again says what it missed, and does not repeat what it knows', async () => {
  put('a');
  await (await begin()).close();
  const second = await begin();
  put('b');
  await second.look(signal());
  await second.close();
  expect(await kept()).toEqual([uid('a'), gap, uid('b')]);
});

test('a probe looks at once when a pod behind it changes, and once more when it has had time to listen', async () => {
  put('a');
  lab.pods.set('a', (_request, response) => response.end('{"count": 1}'));
  const watching = await begin();
  await until('the first answer', async () => (await kept('counted.answers')).length === 1);
  lab.pods.delete('b');
  put('b');
  await until('the new pod', async () => (await kept('counted.answers')).length === 2);
  lab.pods.set('b', (_request, response) => response.end('{"count": 2}'));
  await until('its answer', async () => (await kept('counted.answers')).length === 3);
  expect((await kept('counted.answers')).map(([, value]) => value)).toMatchObject([
    [{ uid: 'a', body: { count: 1 } }],
    [{ uid: 'b', problem: 'refused', body: null }],
    [{ uid: 'b', body: { count: 2 } }],
  ]);
  await watching.close();
});

test('of two looks of one probe the later counts, also when it ends first', async () => {
  put('a');
  const watching = await begin();
  lab.pods.set('a', (_request, response) => response.end('{"count": 2}'));
  let release: (() => void) | undefined;
  lab.onProbe = () =>
    new Promise((resolve) => {
      release = resolve;
    });
  const first = watching.look(signal());
  await until('the slow look', () => release !== undefined);
  lab.onProbe = () => {};
  await watching.look(signal());
  lab.pods.delete('a');
  release?.();
  await first;
  expect((await kept('counted.answers')).at(-1)?.[1]).toMatchObject([{ body: { count: 2 } }]);
  await watching.close();
});

test('a learner who changes things all the time fills a journal of bounded size, which ends with how it is', async () => {
  const watching = await begin();
  for (let count = 0; count < 2000; count += 1) put(`${count}`);
  put('last');
  await until('the end of it', () => JSON.stringify(watching.eye.informers.read(web.request as never)).includes('"uid":"last"'));
  ahead = 5000;
  await watching.look(signal());
  const written = await kept();
  expect(written.length).toBeLessThan(200);
  expect(written.slice(0, 3)).toEqual([['seen', null], uid('0'), uid('1')]);
  expect(written.slice(-2)).toEqual([['gap', expect.objectContaining({ reason: 'too-many' })], uid('last')]);
  await watching.close();
});

test('lists that take long to read take no more than their share of the time, and the journal ends with how it is', async () => {
  let read = 0;
  const slow = Uid.transform((pod) => {
    for (const end = performance.now() + 25; performance.now() < end; );
    read += 1;
    return pod;
  });
  const seen = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: slow });
  const slowTask = task({ lasts: 'once', observe: {}, witness: { pods: seen }, expect: z.object({ pods: entries(seen).min(1) }) });
  const slowTasks = gradedTasks([{ id: 'slow', points: 1 }], defineGrader({ words: because, tasks: { slow: slowTask } }));
  const eye = open();
  const onError = (error: unknown) => failures.push(error);
  const watching = watchWitnesses({ observer: eye, journal, session, tasks: slowTasks, pace: () => 60_000, onError });
  await watching.look(signal());
  await followed();
  read = 0;
  for (let count = 0; count < 100; count += 1) put(`${count}`);
  put('last');
  await until('the end of it', async () => JSON.stringify((await kept('slow.pods')).at(-1)).includes('"last"'));
  expect(read).toBeLessThan(30);
  expect((await kept('slow.pods')).slice(-2)).toEqual([['gap', expect.objectContaining({ reason: 'too-many' })], uid('last')]);
  await watching.close();
  await eye.close();
});

test('a task that lasts once is passed by its journal and stays passed', async () => {
  const watching = await begin();
  const settling = new Map<string, string>();
  const grade = async () => {
    const some = tasks.filter(({ id }) => id === 'replaced');
    const look = { observer: watching.eye, journal, session, tasks: some, settling, witness: watching.look, signal: signal() };
    const [graded] = await gradeLab(look);
    if (graded?.passed) await journal.append('s', 1, graded.passed);
    return graded?.verdict.status;
  };
  put('a');
  expect(await grade()).toBe('wrong');
  put('b');
  expect(await grade()).toBe('passed');
  lab.objects.set('*', 500);
  expect(await grade()).toBe('passed');
  expect(await journal.list('s', 1, ['replaced:passed'])).toHaveLength(1);
  await watching.close();
});
