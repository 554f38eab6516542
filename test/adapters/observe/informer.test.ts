import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { kube } from '#grading';
import type { Observation } from '#grading/observation.ts';
import type { ListRequest } from '#runtime/observe/behind.ts';
import { type Observer, observer } from '#runtime/observe/observer.ts';
import { configMapsPath, type FakeLab, fakeLab, podsPath, runningPod } from './fake-lab.ts';
import { until } from './stepped-clock.ts';

const Named = z.object({ metadata: z.object({ name: z.string() }), data: z.record(z.string(), z.string()).optional() });
const pods: ListRequest = { kind: 'kube.list', cluster: 'main', apiVersion: 'v1', of: 'Pod', namespace: 'shop', labels: {} };
const maps: ListRequest = { ...pods, of: 'ConfigMap' };

let lab: FakeLab;
let eye: Observer;
/** What was told, in a word each. */
let told: string[];
let failures: unknown[];
const signal = () => AbortSignal.timeout(5000);
const look = (observation: Observation, informed = true) => eye.round(signal(), { informed })(observation);
const names = async (observation: Observation) => {
  const seen = await look(observation);
  return seen.ok
    ? z
        .array(Named)
        .parse(seen.value)
        .map(({ metadata }) => metadata.name)
    : seen.reason;
};
const lists = (path: string) => lab.asked.filter((asked) => asked === `GET ${path}`).length;
const follow = async (...wanted: ListRequest[]) => {
  eye.informers.keep('test', wanted);
  await eye.informers.tried();
  await until('its watches', () => Object.keys(lab.cluster.watched()).length === wanted.length);
};

beforeEach(async () => {
  lab = await fakeLab();
  eye = observer({ provider: lab.provider, access: lab.access, secretKey: new Uint8Array(32), onError: (error) => failures.push(error) });
  told = [];
  failures = [];
  eye.informers.onEvent((_list, event) => {
    told.push(event.type === 'changed' ? `${event.after?.metadata.name ?? `not ${event.before?.metadata.name}`}` : event.type);
  });
});
afterEach(async () => {
  await eye.close();
  await lab.close();
});

const webs = kube.list('v1', 'Pod', { namespace: 'shop', labels: { app: 'web' }, fields: Named });
const others = kube.list('v1', 'Pod', { namespace: 'shop', labels: { app: 'other' }, fields: Named });
const b = kube.object('v1', 'Pod', 'b', { namespace: 'shop', fields: Named });

test('objects that are followed are answered from memory, by labels and by name, as the API server would', async () => {
  for (const name of ['c', 'a', 'b']) lab.cluster.put(podsPath, runningPod(name));
  lab.cluster.put(podsPath, runningPod('d', { labels: { app: 'other' } }));
  await follow(pods);
  const before = eye.requests();
  expect(await names(webs)).toEqual(['a', 'b', 'c']);
  expect(await names(others)).toEqual(['d']);
  expect(await look(b)).toEqual(await look(b, false));
  lab.cluster.remove(podsPath, 'b');
  await until('the deletion', () => told.includes('not b'));
  expect(await look(b)).toEqual({ ok: true, value: null });
  expect(eye.requests() - before).toBe(1);
});

test('a press of Check asks the API server, whatever is in memory', async () => {
  lab.cluster.put(podsPath, runningPod('b'));
  await follow(pods);
  await look(b, false);
  expect(lab.asked.filter((asked) => asked === `GET ${podsPath}/b`)).toHaveLength(1);
});

test.each(['orderly', 'broken'] as const)(
  'a watch with %s end is taken up where it was: nothing is missed, nothing listed again',
  async (how) => {
    lab.cluster.put(podsPath, runningPod('a'));
    await follow(pods);
    lab.cluster.endWatches(how);
    lab.cluster.put(podsPath, runningPod('short-lived'));
    lab.cluster.remove(podsPath, 'short-lived');
    await until('both changes', () => told.includes('not short-lived'));
    expect(told).toEqual(['listed', 'short-lived', 'not short-lived']);
    expect(lists(podsPath)).toBe(1);
    expect(await names(webs)).toEqual(['a']);
  },
);

test('a watch from a version that has expired begins anew, and says that it does not know what was between', async () => {
  await follow(pods);
  lab.cluster.endWatches('broken');
  lab.cluster.put(podsPath, runningPod('short-lived'));
  lab.cluster.remove(podsPath, 'short-lived');
  lab.cluster.put(podsPath, runningPod('a'));
  lab.cluster.compact();
  await until('a new list', () => told.length === 3);
  expect(told).toEqual(['listed', 'blind', 'listed']);
  expect(await names(webs)).toEqual(['a']);
});

test('a bookmark moves the version on, so that a quiet watch does not expire', async () => {
  await follow(pods);
  lab.cluster.compact();
  lab.cluster.bookmark();
  lab.cluster.put(podsPath, runningPod('a'));
  await until('the change', () => told.includes('a'));
  lab.cluster.endWatches('orderly');
  lab.cluster.put(podsPath, runningPod('b'));
  await until('the next change', () => told.includes('b'));
  expect(told).toEqual(['listed', 'a', 'b']);
});

test('while the API server is away nothing is answered from memory, and reads say why', async () => {
  lab.cluster.put(podsPath, runningPod('a'));
  await follow(pods);
  lab.objects.set('*', 503);
  lab.cluster.endWatches('broken');
  await until('it to notice', () => told.includes('blind'));
  expect(await names(webs)).toBe('the API server answered 503 to the grader: status 503');
  lab.objects.delete('*');
  lab.cluster.put(podsPath, runningPod('b'));
  await until('a new list', () => told.at(-1) === 'listed');
  expect(await names(webs)).toEqual(['a', 'b']);
});

test('objects beyond 8 MiB are not kept; one of them is still read', async () => {
  const large = (name: string) => ({ metadata: { name, namespace: 'shop' }, data: { text: 'x'.repeat(1_000_000) } });
  for (let count = 0; count < 8; count += 1) lab.cluster.put(configMapsPath, large(`map-${count}`));
  await follow(maps);
  const third = kube.object('v1', 'ConfigMap', 'map-3', { namespace: 'shop', fields: Named });
  await look(third);
  expect(lists(`${configMapsPath}/map-3`)).toBe(0);
  lab.cluster.put(configMapsPath, large('map-8'));
  await until('it to give up', () => told.includes('blind'));
  expect(await look(third)).toMatchObject({ ok: true, value: { metadata: { name: 'map-3' } } });
  expect(lists(`${configMapsPath}/map-3`)).toBe(1);
});

test('each list is watched once, however many want it, and no longer than one of them does', async () => {
  eye.informers.keep('witness', [pods]);
  eye.informers.keep('page', [{ ...pods, labels: { app: 'web' } }, maps]);
  await until('both watches', () => Object.keys(lab.cluster.watched()).length === 2);
  expect(lab.cluster.watched()).toEqual({ [podsPath]: 1, [configMapsPath]: 1 });
  eye.informers.keep('page', []);
  await until('one watch', () => Object.keys(lab.cluster.watched()).length === 1);
  expect(lab.cluster.watched()).toEqual({ [podsPath]: 1 });
});

test('a listener that throws keeps no other from an event, and the list goes on', async () => {
  let heard = 0;
  const off = eye.informers.onEvent(() => {
    heard += 1;
    if (heard > 1) throw new Error('of a listener');
  });
  const after: string[] = [];
  eye.informers.onEvent((_list, { type }) => after.push(type));
  await follow(pods);
  for (const name of ['a', 'b', 'c']) lab.cluster.put(podsPath, runningPod(name));
  await until('all of it', () => told.includes('c'));
  expect(after).toEqual(['listed', 'changed', 'changed', 'changed']);
  expect(failures).toHaveLength(3);
  expect(lists(podsPath)).toBe(1);
  off();
});

test('a kind that is not served has no objects', async () => {
  eye.informers.keep('test', [{ ...pods, of: 'Ship' }]);
  await eye.informers.tried();
  const before = eye.requests();
  expect(await look(kube.list('v1', 'Ship', { namespace: 'shop', fields: Named }))).toEqual({ ok: true, value: [] });
  expect(eye.requests()).toBe(before);
});
