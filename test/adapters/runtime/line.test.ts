import { afterEach, expect, test } from 'vitest';
import { tellLog } from '#runtime/context.ts';
import type { Settings } from '#runtime/settings.ts';
import { until } from '../observe/stepped-clock.ts';
import { type LineBench, labs, lineBench } from './line-bench.ts';

const MiB = 1024 ** 2;

let bench: LineBench;
afterEach(() => bench.close());
async function here(more: Partial<Settings> = {}): Promise<LineBench> {
  bench = await lineBench(more);
  return bench;
}

const people = (count: number) => Promise.all(Array.from({ length: count }, (_, index) => bench.person(`p${index}`)));

test('ten learners at once all get their lab, and never more are made at once than this machine makes well', async () => {
  await here({ starts: 3 });
  const asked = await Promise.all((await people(10)).map((person) => bench.asks(person)));
  expect(asked.filter(({ state }) => state === 'starting').length).toBeLessThanOrEqual(3);
  for (let count = 0; count < 10; count++) {
    const next = await bench.making();
    await bench.finishes(next);
    await bench.reaches(next, 'ready');
  }
  expect(bench.most()).toBe(3);
  expect(bench.begun).toHaveLength(10);
});

test('whoever has no lab comes before whoever has one, and nobody’s second before somebody’s first', async () => {
  await here({ starts: 1 });
  const [ada, bob, cleo] = await Promise.all(['ada', 'bob', 'cleo'].map(bench.person));
  if (!ada || !bob || !cleo) throw new Error('nobody came');
  const first = await bench.asks(ada, 'a');
  for (const lab of ['b', 'c']) await bench.asks(ada, lab);
  for (const lab of ['a', 'b']) await bench.asks(bob, lab);
  await bench.asks(cleo, 'd');
  await bench.finishes(first);
  for (let count = 2; count <= 6; count++) await bench.finishes(await bench.making());
  expect(bench.begun).toEqual(['ada a', 'bob a', 'cleo d', 'ada b', 'bob b', 'ada c']);
});

test('whoever waits is told place and estimate, and anew as the line moves', async () => {
  await here({ starts: 1 });
  for (const milliseconds of [20_000, 20_000]) await bench.context.store.measures.note('a', 'start-cold', milliseconds);
  const [ada, bob, cleo] = await people(3);
  if (!ada || !bob || !cleo) throw new Error('nobody came');
  const first = await bench.asks(ada);
  const second = await bench.asks(bob);
  const third = await bench.asks(cleo);
  expect(bench.admission.place(first.id)).toBeNull();
  expect(bench.admission.place(second.id)).toMatchObject({ place: 1, of: 2, why: expect.stringContaining('One lab is being made') });
  const estimate = bench.admission.place(third.id)?.estimateMilliseconds ?? 0;
  expect(estimate).toBeGreaterThan(30_000);
  expect(estimate).toBeLessThanOrEqual(40_000);
  await bench.finishes(first);
  await until('the line to move', () => bench.admission.place(third.id)?.place === 1);
  expect(bench.told(second).at(-1)).toBeNull();
  expect(bench.told(third).map((place) => place?.place)).toEqual([2, 1]);
});

test('of a lab that was never made here nobody claims to know how long it takes', async () => {
  await here({ starts: 1 });
  const [ada, bob] = await people(2);
  if (!ada || !bob) throw new Error('nobody came');
  await bench.asks(ada);
  const second = await bench.asks(bob);
  expect(bench.admission.place(second.id)).toMatchObject({ place: 1, of: 1, estimateMilliseconds: null });
});

test('whoever leaves the line makes room in it', async () => {
  await here({ starts: 1 });
  const [ada, bob, cleo] = await people(3);
  if (!ada || !bob || !cleo) throw new Error('nobody came');
  const first = await bench.asks(ada);
  const second = await bench.asks(bob);
  const third = await bench.asks(cleo);
  await bench.ends(second);
  await until('the third to come up', () => bench.admission.place(third.id)?.place === 1);
  await bench.finishes(first);
  await bench.reaches(third, 'starting');
  expect(bench.begun).toEqual(['p0 a', 'p2 a']);
});

test('the line survives the server, and is not all begun at once when it is back', async () => {
  await here({ starts: 2 });
  const asked = [];
  for (const person of await people(6)) asked.push(await bench.asks(person));
  await bench.reboot();
  for (const session of await bench.context.store.sessions.listLive()) await bench.admission.enter(session);
  await until('two of them to be made', () => bench.begun.length === 4);
  // Those that were half-made first: they waited longest.
  expect(bench.begun.slice(2)).toEqual(['p0 a', 'p1 a']);
  expect(asked.slice(2).map(({ id }) => bench.admission.place(id)?.place)).toEqual([1, 2, 3, 4]);
});

test('a lab waits while labs hold the memory there is, and begins when one ends', async () => {
  await here({ memoryBytes: 1700 * MiB });
  const [ada, bob, cleo] = await people(3);
  if (!ada || !bob || !cleo) throw new Error('nobody came');
  const first = await bench.asks(ada);
  await bench.finishes(first);
  await bench.finishes(await bench.asks(bob));
  const third = await bench.asks(cleo);
  expect(third.state).toBe('queued');
  const place = bench.admission.place(third.id);
  expect(place).toMatchObject({ place: 1, estimateMilliseconds: null });
  expect(place?.why).toBe('This lab needs about 0.8 GiB of memory, and labs hold 1.6 GiB of the 1.7 GiB they may use.');
  await bench.ends(first);
  await bench.reaches(third, 'starting');
});

test('what a lab was measured to hold counts, not what its author says', async () => {
  await here({ memoryBytes: 1700 * MiB });
  for (let count = 0; count < 5; count++) await bench.context.store.measures.note('a', 'memory', 500 * MiB);
  for (const person of await people(3)) await bench.finishes(await bench.asks(person));
  expect(bench.begun).toHaveLength(3);
});

test('a reset needs a turn, but no more memory than the lab has', async () => {
  await here({ memoryBytes: 900 * MiB, starts: 1 });
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  const session = await bench.asks(ada);
  await bench.finishes(session);
  const reset = await bench.context.store.sessions.move(session.id, 'reset');
  if (!reset) throw new Error('it could not be reset');
  await bench.admission.enter(reset);
  await until('it to be begun anew', () => bench.begun.length === 2);
});

test('a spare is given up before a learner waits', async () => {
  await here({ memoryBytes: 1700 * MiB });
  const { store, course } = bench.context;
  for (let count = 0; count < 2; count++) {
    const spare = await store.instances.addSpare({ lab: 'b', labVersion: course.labs['b']?.version ?? '' });
    await store.instances.spareReady(spare.id);
  }
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  expect((await bench.asks(ada, 'a')).state).toBe('starting');
  expect((await store.instances.list()).filter(({ intent }) => intent === 'spare')).toHaveLength(1);
});

test('a lab that stands ready is given at once, whoever else waits', async () => {
  await here({ starts: 1 });
  const { store, course } = bench.context;
  const [ada, bob, cleo] = await people(3);
  if (!ada || !bob || !cleo) throw new Error('nobody came');
  await bench.asks(ada, 'a');
  await bench.asks(bob, 'a');
  const spare = await store.instances.addSpare({ lab: 'b', labVersion: course.labs['b']?.version ?? '' });
  await store.instances.spareReady(spare.id);
  expect(await bench.asks(cleo, 'b')).toMatchObject({ state: 'starting', way: 'warm', instance: spare.id });
});

test('a lab that could never fit is refused at once, with what would help', async () => {
  await here({ memoryBytes: 700 * MiB });
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  await expect(bench.asks(ada)).rejects.toMatchObject({
    status: 503,
    code: 'lab-too-large',
    retryAfter: undefined,
    advice: expect.stringContaining('SLIPWAY_MEMORY_MIB'),
  });
  expect(await bench.context.store.sessions.listLive()).toEqual([]);
});

test('a lab does not wait for memory that nobody can give back', async () => {
  await here();
  bench.host.headroom = {
    memoryBytes: 600 * MiB,
    limits: { networks: null, inotifyInstances: null, inotifyWatches: null, pids: null, ports: null },
  };
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  await expect(bench.asks(ada)).rejects.toMatchObject({ status: 503, code: 'no-memory', retryAfter: 30 });
});

test('a person has three labs at once, and is told which when they ask for a fourth', async () => {
  await here({ starts: 5 });
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  const answers = await Promise.allSettled(labs.map((lab) => bench.asks(ada, lab)));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  expect(refused).toMatchObject([
    { status: 429, code: 'too-many-labs', retryAfter: 15, advice: expect.stringContaining('End one of them') },
  ]);
});

test('a person who begins without end is slowed down, with when to try again', async () => {
  await here({ startsPerPerson: 4 });
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  for (let count = 0; count < 4; count++) {
    await bench.ends(await bench.asks(ada));
    bench.goesOn(60_000);
  }
  await expect(bench.asks(ada)).rejects.toMatchObject({ status: 429, code: 'too-many-starts', retryAfter: expect.closeTo(360, -1) });
  bench.goesOn(361_000);
  expect(await bench.asks(ada)).toMatchObject({ lab: 'a' });
});

test('a line that is too long takes nobody else', async () => {
  await here({ starts: 1, line: 2 });
  for (const person of await people(3)) await bench.asks(person);
  await expect(bench.asks(await bench.person('late'))).rejects.toMatchObject({ status: 503, code: 'line-full', retryAfter: 30 });
});

test('while the engine is away nothing is begun, and those in line begin when it is back', async () => {
  await here({ starts: 1 });
  const [ada, bob] = await people(2);
  if (!ada || !bob) throw new Error('nobody came');
  const first = await bench.asks(ada);
  const second = await bench.asks(bob);
  const { engine } = bench.host.facts;
  bench.host.facts = { ...bench.host.facts, engine: { ok: false, reason: 'The Docker engine does not answer.' } };
  bench.goesOn(3_000);
  await bench.finishes(first, 'fail');
  await until('the reason to be told', () => bench.admission.place(second.id)?.why.includes('does not answer') === true);
  bench.host.facts = { ...bench.host.facts, engine };
  bench.goesOn(6_000);
  await bench.reaches(second, 'starting');
});

test('a making that died without a word is begun again', async () => {
  await here({ starts: 1 });
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  const session = await bench.asks(ada);
  await bench.finishes(session, 'dies');
  await bench.admission.enter(session);
  await until('it to be begun again', () => bench.begun.length === 2);
  await bench.finishes(session);
  await bench.reaches(session, 'ready');
});

test('a session that is entered twice is made once', async () => {
  await here();
  const [ada] = await people(1);
  if (!ada) throw new Error('nobody came');
  const session = await bench.asks(ada);
  await Promise.all([bench.admission.enter(session), bench.admission.enter(session)]);
  await tellLog(bench.context, session, 'test', 'Something else happened.');
  expect(bench.begun).toHaveLength(1);
});

test('scenario 17: address ranges are gone: the learner waits and is told why, and nothing is half made', async () => {
  await here();
  const [ada, bob] = await people(2);
  if (!ada || !bob) throw new Error('nobody came');
  bench.host.headroom = {
    memoryBytes: null,
    limits: { networks: { most: 256, used: 255 }, inotifyInstances: null, inotifyWatches: null, pids: null, ports: null },
  };
  const first = await bench.asks(ada);
  await bench.finishes(first);
  bench.host.headroom.limits = { ...bench.host.headroom.limits, networks: { most: 256, used: 256 } };
  bench.goesOn(3_000);
  const second = await bench.asks(bob);
  expect(second).toMatchObject({ state: 'queued', instance: null });
  expect(bench.admission.place(second.id)).toMatchObject({
    why: 'All 256 address ranges for the networks of labs are in use.',
    advice: expect.stringContaining('docker network prune'),
  });
  bench.host.headroom.limits = { ...bench.host.headroom.limits, networks: { most: 256, used: 255 } };
  bench.goesOn(6_000);
  await bench.reaches(second, 'starting');
});

test('scenario 18: inotify is exhausted: a start is refused before a node could fail by it', async () => {
  await here();
  const [ada, bob] = await people(2);
  if (!ada || !bob) throw new Error('nobody came');
  const limits = { networks: null, inotifyWatches: null, pids: null, ports: null };
  bench.host.headroom = { memoryBytes: null, limits: { ...limits, inotifyInstances: { most: 128, used: 70 } } };
  await bench.finishes(await bench.asks(ada));
  bench.host.headroom = { memoryBytes: null, limits: { ...limits, inotifyInstances: { most: 128, used: 110 } } };
  bench.goesOn(3_000);
  const waits = await bench.asks(bob);
  expect(bench.admission.place(waits.id)?.why).toContain('128 inotify instances, 18 are left');
  await bench.ends(waits);
  for (const session of await bench.context.store.sessions.listLive()) await bench.ends(session);
  await expect(bench.asks(bob)).rejects.toMatchObject({
    status: 503,
    code: 'no-inotify',
    advice: expect.stringContaining('fs.inotify.max_user_instances=1024'),
  });
});

test('scenario 18: where only the limit can be seen, what the labs take is reckoned', async () => {
  await here({ starts: 8 });
  const limits = { networks: null, inotifyWatches: null, pids: null, ports: null };
  bench.host.headroom = { memoryBytes: null, limits: { ...limits, inotifyInstances: { most: 128, used: null } } };
  const states = [];
  for (const person of await people(5)) states.push((await bench.asks(person)).state);
  expect(states).toEqual([...Array(4).fill('starting'), 'queued']);
});

test('scenario 19: the engine’s disk fills up: no lab is begun, and those in line wait until there is space', async () => {
  await here({ starts: 1, diskWatermarkBytes: 4096 * MiB });
  const [ada, bob, cleo] = await people(3);
  if (!ada || !bob || !cleo) throw new Error('nobody came');
  const first = await bench.asks(ada);
  const second = await bench.asks(bob);
  bench.host.facts = { ...bench.host.facts, diskFreeBytes: 1024 * MiB };
  bench.goesOn(3_000);
  await expect(bench.asks(cleo)).rejects.toMatchObject({ status: 503, code: 'no-space', retryAfter: 60 });
  await bench.finishes(first);
  await until('the reason to be told', () => bench.admission.place(second.id)?.why.includes('too little disk') === true);
  bench.host.facts = { ...bench.host.facts, diskFreeBytes: 8192 * MiB };
  bench.goesOn(6_000);
  await bench.reaches(second, 'starting');
});
