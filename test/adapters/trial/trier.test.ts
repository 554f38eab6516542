import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineGrader, kube, reasons, task, trial } from '#grading';
import { gradedTasks, trialName } from '#grading/grader.ts';
import type { Change, Trial } from '#grading/trial.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { memoryJournal } from '#runtime/prove/memory-journal.ts';
import { leftTrials } from '#runtime/trial/left-trials.ts';
import { type Trier, type TrierOptions, trier, undoLeftTrials } from '#runtime/trial/trier.ts';
import { type SteppedClock, steppedClock, until } from '../observe/stepped-clock.ts';
import { type FakeCluster, fakeCluster } from './fake-cluster.ts';

const target = { apiVersion: 'v1', kind: 'ConfigMap', name: 'note', namespace: 'shop' };
const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note', namespace: 'shop' }, data: { by: 'us' } };
const note = kube.object('v1', 'ConfigMap', 'note', {
  namespace: 'shop',
  fields: z.object({ data: z.record(z.string(), z.string()) }),
});
const ours = z.object({ data: z.object({ by: z.literal('us') }) });
const patch: Change = { verb: 'patch', target, patch: { data: { by: 'us' } } };

function taskOf(change: Change, more: { within?: number; holds?: z.ZodType } = {}) {
  const { within = 5, holds = ours } = more;
  return taskTrying(trial.change(change, { until: note, holds, within }));
}

function taskTrying(tried: Trial) {
  const made = task({ lasts: 'state', observe: {}, expect: z.object({}), trial: { observe: { tried }, expect: z.object({}) } });
  const [graded] = gradedTasks(
    [{ id: 'noted', points: 1, trial: 'We try it.' }],
    defineGrader({ words: reasons({}), tasks: { noted: made } }),
  );
  if (!graded) throw new Error('no task');
  return graded;
}

let lab: FakeCluster;
let eye: Observer;
let journal: ReturnType<typeof memoryJournal>;
let options: TrierOptions;
let hands: Trier;
const signal = () => AbortSignal.timeout(20_000);
const session = { id: 's', epoch: 1 };
const states = async () =>
  (await journal.list('s', 1, [trialName('noted')])).map(({ value }) => z.object({ state: z.string() }).parse(value).state);
const learners = () => lab.maps.set('note', { ...manifest, metadata: { ...manifest.metadata, uid: 'theirs' }, data: { by: 'them' } });
const by = () => z.object({ data: z.object({ by: z.string() }) }).safeParse(lab.maps.get('note')).data?.data.by;

beforeEach(async () => {
  lab = await fakeCluster();
  journal = memoryJournal();
  eye = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32) });
  options = { provider: lab.provider, access: lab.access, observer: eye, journal, session };
  hands = trier(options);
});
afterEach(async () => {
  await hands.close();
  await eye.close();
  await lab.close();
});

test('what was patched is put back, and the trial tells what it saw', async () => {
  learners();
  const { tried } = await hands.tryTask(taskOf(patch), signal());
  expect(tried).toMatchObject({
    ok: true,
    value: { accepted: true, held: true, target: { uid: 'theirs' }, before: { data: { by: 'them' } }, seen: { data: { by: 'us' } } },
  });
  expect(by()).toBe('them');
  expect(await states()).toEqual(['begun', 'undone']);
});

test('what never holds is seen for as long as was said, and put back', async () => {
  learners();
  const { tried } = await hands.tryTask(taskOf(patch, { within: 1, holds: z.never() }), signal());
  expect(tried).toMatchObject({ ok: true, value: { held: false, seconds: expect.closeTo(1, 0) } });
  expect(by()).toBe('them');
});

test('a connection that is lost with the change made means that we could not try, and the change is taken back', async () => {
  learners();
  lab.fault = (change) => (change === 'PATCH note' && lab.changes.length === 1 ? 'lost' : null);
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({ tried: { ok: false } });
  expect(lab.changes).toEqual(['PATCH note', 'PATCH note']);
  expect(by()).toBe('them');
});

test('what could not be put back is put back before the next trial', async () => {
  learners();
  lab.onChange = () => {
    lab.fault = () => 503;
  };
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({ tried: { ok: false, reason: expect.stringContaining('503') } });
  expect([by(), await states()]).toEqual(['us', ['begun']]);
  lab.onChange = () => {};
  lab.fault = () => null;
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({ tried: { ok: true, value: { before: { data: { by: 'them' } } } } });
  expect([by(), await states()]).toEqual(['them', ['begun', 'undone', 'begun', 'undone']]);
});

test('a change that was refused is not taken back: what the learner did since stays', async () => {
  learners();
  lab.fault = () => 422;
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({
    tried: { ok: true, value: { accepted: false, status: 422, seen: null } },
  });
  lab.fault = () => 429;
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({ tried: { ok: false } });
  expect(lab.changes).toHaveLength(2);
  expect(await undoLeftTrials(options, [{ id: 'noted' }], signal())).toEqual({ done: 0, left: 0 });
});

test('nothing is tried that could not be written down first', async () => {
  learners();
  const full = { ...options, journal: { ...journal, append: () => Promise.reject(new Error('the disk is full')) } };
  const careful = trier(full);
  expect(await careful.tryTask(taskOf(patch), signal())).toEqual({ tried: { ok: false, reason: 'the disk is full' } });
  expect(lab.changes).toEqual([]);
  await careful.close();
});

test('a check that is called off in the middle still puts back what it changed', async () => {
  learners();
  const stop = new AbortController();
  lab.onChange = (change) => change === 'PATCH note' && stop.abort(new Error('the server is stopping'));
  await expect(hands.tryTask(taskOf(patch, { holds: z.never() }), stop.signal)).rejects.toThrow('the server is stopping');
  expect([by(), await states()]).toEqual(['them', ['begun', 'undone']]);
});

test('what was made is taken away, unless the learner made another by that name meanwhile', async () => {
  const create: Change = { verb: 'create', manifest };
  expect(await hands.tryTask(taskOf(create), signal())).toMatchObject({
    tried: { ok: true, value: { accepted: true, held: true, before: null } },
  });
  expect(lab.maps.size).toBe(0);
  lab.onChange = (change) => change === 'POST note' && learners();
  expect(await hands.tryTask(taskOf(create, { within: 1 }), signal())).toMatchObject({ tried: { ok: true, value: { held: false } } });
  expect(by()).toBe('them');
});

test('what was made is taken away although something of the learner’s took its mark off', async () => {
  lab.onChange = (change) => {
    const made = lab.maps.get('note');
    if (change === 'POST note' && made) lab.maps.set('note', { ...made, metadata: { ...made.metadata, labels: {} } });
  };
  expect(await hands.tryTask(taskOf({ verb: 'create', manifest }), signal())).toMatchObject({ tried: { ok: true } });
  expect(lab.maps.size).toBe(0);
});

test('what was deleted is made again, once the old one is wholly gone', async () => {
  const going = { ...manifest, metadata: { ...manifest.metadata, uid: 'theirs', deletionTimestamp: '2026-11-23T12:00:00Z' } };
  learners();
  let tries = 0;
  lab.onChange = (change) => change === 'DELETE note' && lab.maps.set('note', going);
  lab.fault = (change) => {
    if (change === 'POST note' && ++tries === 2) lab.maps.delete('note');
    return null;
  };
  const gone = taskOf({ verb: 'delete', target }, { within: 1, holds: z.null() });
  expect(await hands.tryTask(gone, signal())).toMatchObject({ tried: { ok: true, value: { accepted: true } } });
  expect([tries, by(), lab.maps.get('note')?.metadata['uid']]).toEqual([2, 'them', 'u1']);
});

test('what is not there cannot be changed: a value, and nothing to take back', async () => {
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({
    tried: { ok: true, value: { accepted: false, status: 404, before: null } },
  });
  expect(await states()).toEqual([]);
});

test('a dry run changes nothing, whatever it would do', async () => {
  learners();
  const other = { ...manifest, metadata: { ...manifest.metadata, name: 'other' } };
  for (const change of [{ verb: 'delete', target }, patch, { verb: 'create', manifest: other }] satisfies Change[]) {
    expect(await hands.tryTask(taskTrying(trial.dryRun(change)), signal())).toMatchObject({
      tried: { ok: true, value: { accepted: true } },
    });
  }
  expect([by(), [...lab.maps.keys()], await states()]).toEqual(['them', ['note'], []]);
});

test('witnesses see the lab as it was put back before the trial ends, whether they can or not', async () => {
  learners();
  const seen: unknown[] = [];
  const watched = trier({
    ...options,
    settled: async () => {
      seen.push([by(), await states()]);
      throw new Error('nothing could be seen');
    },
  });
  expect(await watched.tryTask(taskOf(patch), signal())).toMatchObject({ tried: { ok: true } });
  expect([seen, await states()]).toEqual([[['them', ['begun']]], ['begun', 'undone']]);
  await watched.close();
});

test('what a webhook of the learner’s keeps from being put back is put back by and by, once that is gone', async () => {
  learners();
  let refusals = 0;
  lab.onChange = () => {
    lab.fault = () => {
      refusals += 1;
      return 429;
    };
  };
  expect(await hands.tryTask(taskOf(patch), signal())).toMatchObject({ tried: { ok: false } });
  lab.onChange = () => {};
  const clock: SteppedClock = steppedClock(async () => {});
  const left = leftTrials(options, [{ id: 'noted' }], { onError: (error) => expect(error).toBeNull(), clock });
  expect(await left.takeBack(signal())).toBe(0);
  const before = refusals;
  await clock.advance(30_000);
  await until('another try', () => refusals > before);
  expect([by(), await states()]).toEqual(['us', ['begun']]);
  lab.fault = () => null;
  await until('the next try', async () => {
    await clock.advance(30_000);
    return by() === 'them';
  });
  await until('its end', async () => (await states()).length === 2);
  const made = lab.changes.length;
  await clock.advance(120_000);
  await left.close();
  expect([lab.changes.length, await states()]).toEqual([made, ['begun', 'undone']]);
});
