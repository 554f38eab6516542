import { afterEach, beforeEach, expect, test } from 'vitest';
import { kube } from '#grading';
import { type Answer, discovery, type FakeCluster, fakeCluster } from './cluster.ts';

const shopPods = '/api/v1/namespaces/shop/pods';
const web = { namespace: 'shop', labels: { app: 'web' } };
const pod = (name: string, nodeName = 'worker') => ({
  metadata: { name, namespace: 'shop', uid: `uid-${name}` },
  spec: { nodeName, containers: [{ name: 'main' }, { name: 'side' }] },
});

let cluster: FakeCluster;
beforeEach(async () => {
  cluster = await fakeCluster();
});
afterEach(() => cluster.close());

/** Pods by name, each with what its kubelet says when it is asked for a log. */
function serve(logs: Record<string, (query: URLSearchParams) => Answer>): void {
  cluster.answer = ({ url }) => {
    if (url.pathname === shopPods) return { items: Object.keys(logs).map((name) => pod(name, name === 'unscheduled' ? '' : 'worker')) };
    const name = /pods\/([^/]+)\/log$/.exec(url.pathname)?.[1];
    return name === undefined ? discovery[url.pathname] : logs[name]?.(url.searchParams);
  };
}
const words = (text: string) => ({ status: 200, text });

/** A log as the kubelet gives it: the last `tailLines`, of which the first `limitBytes`. */
const kubelet = (lines: readonly string[]) => (query: URLSearchParams) => {
  const tail = lines.slice(-Number(query.get('tailLines')));
  return words(
    Buffer.from(tail.map((line) => `${line}\n`).join(''))
      .subarray(0, Number(query.get('limitBytes')))
      .toString(),
  );
};

test('the last lines of each pod’s first container, by name', async () => {
  serve({ b: kubelet(['one', 'two', '', 'four']), a: kubelet(['alone']) });
  expect(await cluster.look(kube.logs(web, { tail: 3 }))).toEqual({
    ok: true,
    value: [
      { pod: 'a', uid: 'uid-a', container: 'main', lines: ['alone'] },
      { pod: 'b', uid: 'uid-b', container: 'main', lines: ['two', '', 'four'] },
    ],
  });
});

test('a container and its previous run are asked for as they are named', async () => {
  serve({ a: (query) => words(`${query.get('container')} ${query.get('previous')}\n`) });
  expect(await cluster.look(kube.logs(web, { container: 'side', previous: true }))).toMatchObject({
    value: [{ container: 'side', lines: ['side true'] }],
  });
});

test('what has not run has no lines', async () => {
  const waiting = { status: 400, body: { message: 'container "main" in pod "waiting" is waiting to start: ContainerCreating' } };
  serve({
    silent: () => words(''),
    unknown: () => ({ status: 404 }),
    unscheduled: () => words('never asked'),
    waiting: () => waiting,
    collected: () => words('unable to retrieve container logs for containerd://0123abc'),
  });
  expect(await cluster.look(kube.logs(web))).toMatchObject({
    ok: true,
    value: [
      { pod: 'collected', lines: null },
      { pod: 'silent', lines: [] },
      { pod: 'unknown', lines: null },
      { pod: 'unscheduled', lines: null },
      { pod: 'waiting', lines: null },
    ],
  });
  expect(cluster.server.calls.some((call) => call.includes('unscheduled/log'))).toBe(false);
});

test('a flood is cut to its newest lines, 64 KiB at most', async () => {
  const flood = Array.from({ length: 1000 }, (_, at) => `${at} ${'ö'.repeat(500)}`);
  serve({ a: kubelet(flood) });
  const seen = await cluster.look(kube.logs(web, { tail: 1000 }));
  const [{ lines }] = (seen.ok ? seen.value : []) as unknown as [{ lines: string[] }];
  expect(lines.at(-1)).toBe(flood.at(-1));
  expect(lines.length).toBeGreaterThan(30);
  expect(Buffer.byteLength(lines.join('\n'))).toBeLessThanOrEqual(64 * 1024);
});

test('one endless line is cut at its end', async () => {
  serve({ a: kubelet(['x'.repeat(1_000_000)]) });
  const seen = await cluster.look(kube.logs(web));
  expect(seen).toMatchObject({ ok: true, value: [{ lines: ['x'.repeat(64 * 1024)] }] });
});

test('a kubelet that cannot be reached means we could not look', async () => {
  serve({ a: () => ({ status: 500, body: { message: 'dial tcp 10.0.0.3:10250: connect: connection refused' } }) });
  expect(await cluster.look(kube.logs(web))).toEqual({
    ok: false,
    reason: 'the API server answered 500 to the grader: dial tcp 10.0.0.3:10250: connect: connection refused',
  });
});

test('no pods, no logs; too many, and we could not look', async () => {
  serve({});
  expect(await cluster.look(kube.logs(web))).toEqual({ ok: true, value: [] });
  serve(Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p${at}`, kubelet([])])));
  expect(await cluster.look(kube.logs(web))).toEqual({ ok: false, reason: 'the logs of 101 pods are more than are read (100)' });
});
