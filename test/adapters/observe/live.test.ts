import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { kube as client } from '#cluster/kube.ts';
import { access, defineGrader, entries, http, kube, needs, reasons, rule, task, trial } from '#grading';
import { gradedTasks } from '#grading/grader.ts';
import type { Context } from '#runtime/context.ts';
import { watchWitnesses } from '#runtime/grade/watch-witnesses.ts';
import { hub } from '#runtime/hub.ts';
import { type LiveChecks, liveChecks } from '#runtime/live-checks.ts';
import { observer } from '#runtime/observe/observer.ts';
import type { Watch } from '#runtime/watch-progress.ts';
import { openStore } from '#store/open.ts';
import type { LabSession, Store } from '#store/port.ts';
import { configMapsPath, type FakeLab, fakeLab, podsPath, runningPod } from './fake-lab.ts';
import { type SteppedClock, steppedClock, until } from './stepped-clock.ts';

const because = reasons({
  'map.off': { seen: 's', needed: 'n', why: 'w', lookAt: 'l' },
  'web.silent': { seen: 's', needed: 'n', why: 'w', lookAt: 'l' },
  'pod.none': { seen: 's', needed: 'n', why: 'w', lookAt: 'l' },
  'tried.no': { seen: 's', needed: 'n', why: 'w', lookAt: 'l' },
});
const Map_ = z.object({ data: z.object({ state: z.string() }) });
const map = (name: string) => kube.object('v1', 'ConfigMap', name, { namespace: 'shop', fields: Map_ });
const isOn = z.object({ data: z.object({ state: needs(z.literal('on'), because('map.off')) }) });
const answers = http.getEach('/', {
  pods: { namespace: 'shop', labels: { app: 'web' } },
  port: 80,
  fields: z.object({ ok: z.boolean() }),
});
const pods = kube.list('v1', 'Pod', { namespace: 'shop', fields: z.object({ metadata: z.object({ name: z.string() }) }) });
const questions = Object.fromEntries(Array.from({ length: 30 }, (_, count) => [`get-${count}`, { verb: 'get', resource: `r${count}` }]));
const rights = access.can({ user: 'ann' }, { read: { verb: 'get', resource: 'pods' }, ...questions });
const logs = kube.logs({ namespace: 'shop', labels: { app: 'web' } });
const onByTrial = trial.dryRun({
  verb: 'create',
  manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'shop' } },
});

const tasks = gradedTasks(
  [
    { id: 'switch', points: 1 },
    { id: 'tried', points: 1, trial: 'makes a map' },
    { id: 'web', points: 1 },
    { id: 'seen', points: 1 },
    { id: 'rights', points: 1 },
  ],
  defineGrader({
    words: because,
    tasks: {
      switch: task({ lasts: 'state', observe: { map: map('switch') }, expect: z.object({ map: isOn }) }),
      tried: task({
        lasts: 'state',
        observe: { map: map('tried') },
        expect: z.object({ map: isOn }),
        trial: { observe: { onByTrial }, expect: z.object({ onByTrial: z.object({ accepted: z.literal(true) }) }) },
      }),
      web: task({
        lasts: 'state',
        observe: { answers },
        expect: z.object({
          answers: answers.value.check(rule((all) => (all.some(({ body }) => body?.ok === true) ? [] : [because('web.silent')]))),
        }),
      }),
      seen: task({
        lasts: 'once',
        observe: {},
        witness: { pods },
        expect: z.object({
          pods: entries(pods).check(
            rule((all) => (all.some(({ kind, value }) => kind === 'seen' && value.length > 0) ? [] : [because('pod.none')])),
          ),
        }),
      }),
      rights: task({ lasts: 'state', observe: { rights, logs }, expect: z.object({ rights: z.object({ read: z.literal(true) }) }) }),
    },
  }),
);

let lab: FakeLab;
let clock: SteppedClock;
let store: Store;
let folder: string;
let events: ReturnType<typeof hub>;
let session: LabSession;
let watch: Watch;
let live: LiveChecks;
/** What the page was told: task, status and why. */
let told: string[];
let warnings: unknown[];
/** Probes that a test keeps waiting. */
let held: number;

const lists = () => Object.keys(lab.cluster.watched()).sort();
const put = (name: string, state: string) => lab.cluster.put(configMapsPath, { metadata: { name, namespace: 'shop' }, data: { state } });
const openPage = () =>
  events.subscribe(session.id, (event) => {
    if (event.type === 'verdict') told.push(`${event.data.task} ${event.data.verdict.status} by ${event.data.cause}`);
  });
/** Steps on until it is so. */
const stepsUntil = (what: string, isSo: () => boolean) =>
  until(what, async () => {
    await clock.advance(50);
    return isSo();
  });
const reaches = (count: number) => stepsUntil(`${count} verdicts`, () => told.length >= count);

beforeEach(async () => {
  lab = await fakeLab();
  lab.objects.set('/apis/rbac.authorization.k8s.io/v1', { resources: [] });
  let pending = 0;
  held = 0;
  const tracked =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      pending += 1;
      return await work(...args).finally(() => {
        pending -= 1;
      });
    };
  clock = steppedClock(async () => {
    for (let quiet = 0; quiet < 10; quiet = pending === held ? quiet + 1 : 0) await new Promise((resolve) => setImmediate(resolve));
  });
  folder = await mkdtemp(join(tmpdir(), 'slipway-live-'));
  store = await openStore({ folder });
  events = hub();
  told = [];
  warnings = [];
  const person = await store.people.create({ name: 'Ann', roles: ['learner'] });
  const begun = await store.sessions.begin({ person: person.id, lab: 'a-lab', labVersion: '1' });
  await store.sessions.admit(begun.session.id);
  session = (await store.sessions.move(begun.session.id, 'ready')) ?? begun.session;

  const eye = observer({
    provider: { ...lab.provider, probe: tracked(lab.provider.probe) as typeof lab.provider.probe },
    access: lab.access,
    secretKey: new Uint8Array(32),
    clock,
    kube: (options) => {
      const real = client(options);
      return { ...real, get: tracked(real.get), send: tracked(real.send) };
    },
  });
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const context = { store, hub: events, log, course: { labs: {} } } as unknown as Context;
  live = liveChecks(() => context, clock);
  const watching = watchWitnesses({
    observer: eye,
    journal: store.journal,
    session,
    tasks,
    onError: (error) => warnings.push(error),
    onEntries: (id) => live.changed(session.id, [id]),
    pace: () => 15_000,
    clock,
  });
  watch = {
    access: lab.access,
    grader: { tasks, version: '1', translations: {} },
    observer: eye,
    watching,
    settling: new Map(),
    checking: new Map(),
    left: { takeBack: async () => 0, close: async () => {} },
  };
  live.began(session.id, watch);
  await until('the first watch', () => lists().length === 1);
});
afterEach(async () => {
  await live.close();
  await watch.watching.close();
  await watch.observer.close();
  await store.close();
  await lab.close();
  await rm(folder, { recursive: true, force: true });
  expect(warnings).toEqual([]);
});

test('with nobody there only what witnesses name is followed, and a task that a witness decides is judged', async () => {
  await clock.advance(60_000);
  expect(lists()).toEqual([podsPath]);
  const asked = lab.asked.length;
  put('switch', 'on');
  await clock.advance(60_000);
  expect(lab.asked.slice(asked)).toEqual([]);
  openPage();
  lab.cluster.put(podsPath, runningPod('web', { labels: { app: 'other' } }));
  await reaches(1);
  expect(told).toContain('seen passed by turn');
});

test('a pass that a press of Check overtook is not kept; one that counts is, with its attempt', async () => {
  const passed = () => store.journal.list(session.id, session.epoch, ['seen:passed']);
  const { list } = store.journal;
  let overtaken = 0;
  store.journal.list = async (...of) => {
    if (of[2].includes('seen:passed')) overtaken += watch.checking.set('a check', Promise.resolve([])).size;
    return await list(...of);
  };
  openPage();
  lab.cluster.put(podsPath, runningPod('web', { labels: { app: 'other' } }));
  await stepsUntil('the overtaken round', () => overtaken > 0);
  await clock.advance(1_000);
  store.journal.list = list;
  expect([told, await passed()]).toEqual([[], []]);
  watch.checking.clear();
  await reaches(1);
  const [attempt] = await store.attempts.list({ session: session.id, task: 'seen', limit: 10 });
  expect([told, await passed()]).toMatchObject([['seen passed by turn'], [{ at: attempt?.at, value: { passed: true } }]]);
});

test('a page that opens has everything followed and judged; a while after the last has closed it is no longer', async () => {
  put('switch', 'on');
  const close = openPage();
  const closeOther = openPage();
  await reaches(1);
  expect(told).toEqual(['switch passed by turn', 'switch passed by turn']);
  expect(lists()).toEqual([configMapsPath, podsPath]);
  close();
  await clock.advance(60_000);
  expect(lists()).toEqual([configMapsPath, podsPath]);
  closeOther();
  await clock.advance(15_000);
  const again = openPage();
  await clock.advance(30_000);
  expect(lists()).toEqual([configMapsPath, podsPath]);
  again();
  await clock.advance(21_000);
  await until('its end', () => lists().length === 1);
});

test('a task turns green and red as its object changes, and its history tells when', async () => {
  openPage();
  put('switch', 'on');
  await reaches(1);
  put('switch', 'off');
  await reaches(2);
  put('switch', 'on');
  await reaches(3);
  expect(told).toEqual(['switch passed by turn', 'switch wrong by turn', 'switch passed by turn']);
  const history = await store.attempts.history(session.id, session.epoch);
  expect(history['switch']?.turns.map(({ status }) => status)).toEqual(['passed', 'wrong', 'passed']);
});

test('a task that turns all the time makes few attempts, and ends as it is', async () => {
  openPage();
  for (let count = 0; count < 60; count += 1) {
    put('switch', count % 2 === 0 ? 'on' : 'off');
    await until('it', () => {
      const known = JSON.stringify(watch.observer.informers.read(map('switch').request as never));
      return known?.includes(count % 2 === 0 ? '"on"' : '"off"') ?? false;
    });
    await clock.advance(600);
  }
  expect(told.length).toBeGreaterThan(15);
  expect(told.length).toBeLessThan(25);
  put('switch', 'on');
  await stepsUntil('the last state', () => told.at(-1) === 'switch passed by turn');
  await clock.advance(60_000);
  expect(told.at(-1)).toBe('switch passed by turn');
});

test('changes that come together are judged once, and only the task they concern', async () => {
  openPage();
  await until('all watches', () => lists().length === 2);
  await clock.advance(2_000);
  const judged: string[] = [];
  const { round } = watch.observer;
  watch.observer.round = (...options) => {
    const one = round(...options);
    return (observation) => {
      judged.push(JSON.stringify(observation.request));
      return one(observation);
    };
  };
  for (let count = 0; count < 20; count += 1) {
    put('switch', `${count}`);
    await until('it', () => JSON.stringify(watch.observer.informers.read(map('switch').request as never)).includes(`"${count}"`));
    await clock.advance(3);
  }
  await clock.advance(1_000);
  expect(judged).toEqual([JSON.stringify(map('switch').request)]);
});

test('however much changes, there are at most two rounds a second', async () => {
  openPage();
  await until('all watches', () => lists().length === 2);
  await clock.advance(2_000);
  let rounds = 0;
  // One for all: what is made of it for each round stays in memory for as long as it does.
  const signals = new Set<AbortSignal>();
  const { round } = watch.observer;
  watch.observer.round = (...options) => {
    rounds += 1;
    signals.add(options[0]);
    return round(...options);
  };
  for (let count = 0; count < 100; count += 1) {
    put('switch', `${count}`);
    await until('it', () => JSON.stringify(watch.observer.informers.read(map('switch').request as never)).includes(`"${count}"`));
    await clock.advance(50);
  }
  expect(rounds).toBeGreaterThan(5);
  expect(rounds).toBeLessThanOrEqual(11);
  expect(signals.size).toBe(1);
});

test('a lab in which nothing happens costs its API server at most two requests a second', async () => {
  lab.cluster.put(podsPath, runningPod('web'));
  lab.pods.set('web', (_request, response) => response.end('{"ok": true}'));
  openPage();
  await until('all watches', () => lists().length === 2);
  await clock.advance(10_000);
  const [asked, probed] = [lab.asked.length, lab.probed.length];
  await clock.advance(120_000);
  expect((lab.asked.length - asked) / 120).toBeLessThanOrEqual(2);
  expect(lab.asked.length - asked).toBeGreaterThan(30);
  expect(lab.probed.length - probed).toBeGreaterThanOrEqual(3);
});

test('a probe that takes its time keeps no other task from its tick', async () => {
  let release = () => {};
  lab.onProbe = () =>
    new Promise((resolve) => {
      held += 1;
      release = () => {
        held -= 1;
        resolve();
      };
    });
  lab.cluster.put(podsPath, runningPod('web'));
  openPage();
  await stepsUntil('the probe', () => held === 1);
  put('switch', 'on');
  await stepsUntil('the tick', () => told.includes('switch passed by turn'));
  expect(held).toBe(1);
  release();
});

test('a trial that passed is not taken back by looking, but what no longer holds is', async () => {
  openPage();
  put('tried', 'on');
  await until('all watches', () => lists().length === 2);
  await clock.advance(2_000);
  expect(told).toEqual([]);
  await store.attempts.record({
    session: session.id,
    person: session.person,
    lab: session.lab,
    task: 'tried',
    cause: 'check',
    at: new Date().toISOString(),
    epoch: session.epoch,
    labVersion: '1',
    graderVersion: '1',
    kubernetesVersion: 'v1',
    points: 1,
    verdict: { task: 'tried', status: 'passed', score: 1, findings: [] },
    evidence: { task: 'tried', at: new Date().toISOString(), settlingSince: null, observed: {}, journal: [], trials: {}, partial: false },
  });
  live.changed(session.id);
  await clock.advance(2_000);
  expect(told).toEqual([]);
  put('tried', 'off');
  await reaches(1);
  expect(told).toEqual(['tried wrong by turn']);
});

test('while Check is at work, nothing is judged by itself', async () => {
  openPage();
  await until('all watches', () => lists().length === 2);
  await clock.advance(2_000);
  watch.checking.set('a check', new Promise(() => {}));
  put('switch', 'on');
  await until('the change', () => JSON.stringify(watch.observer.informers.read(map('switch').request as never)).includes('"on"'));
  await clock.advance(5_000);
  expect(told).toEqual([]);
  watch.checking.clear();
  await reaches(1);
  expect(told).toEqual(['switch passed by turn']);
});
