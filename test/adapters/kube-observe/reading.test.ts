import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { kube } from '#grading';
import { discovery, type FakeCluster, fakeCluster, resource } from './cluster.ts';

let cluster: FakeCluster;
beforeEach(async () => {
  cluster = await fakeCluster();
});
afterEach(() => cluster.close());

const Named = z.object({ metadata: z.object({ name: z.string() }) });
const pod = (name: string, more: object = {}) => ({ metadata: { name, namespace: 'shop', uid: name }, ...more });
const shopPods = '/api/v1/namespaces/shop/pods';
const refused = { status: 403, body: { message: 'pods is forbidden: User "slipway:grader" cannot list resource "pods"' } };
const named = (name: string) => kube.object('v1', 'Pod', name, { namespace: 'shop', fields: Named });

describe('a grader whose rights were taken away', () => {
  test('has its role written again once, for all who look at that moment, and that is told', async () => {
    const [everyoneIsRefused, repaired] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let refusals = 0;
    let mayRead = false;
    cluster.answer = async ({ url }) => {
      if (discovery[url.pathname]) return discovery[url.pathname];
      if (mayRead) return pod('web');
      refusals += 1;
      if (refusals === 10) everyoneIsRefused.resolve();
      // One of them hears so late that it is refused that the role is there by then.
      if (url.pathname.endsWith('web-0')) await repaired.promise;
      return refused;
    };
    cluster.repair = async () => {
      await everyoneIsRefused.promise;
      mayRead = true;
      setImmediate(() => repaired.resolve());
    };
    const seen = await Promise.all(Array.from({ length: 10 }, (_, at) => cluster.look(named(`web-${at}`))));
    expect(seen.map((one) => one.ok)).toEqual(Array(10).fill(true));
    expect(cluster.repairs).toBe(1);
    expect(cluster.notes).toEqual(['the grader was refused and its role was written again']);
  });

  test('may look for kinds, too, once discovery is allowed again', async () => {
    let mayRead = false;
    cluster.answer = ({ url }) => (mayRead ? (discovery[url.pathname] ?? pod('web')) : refused);
    cluster.repair = async () => {
      mayRead = true;
    };
    expect(await cluster.look(named('web'))).toEqual({ ok: true, value: { metadata: { name: 'web' } } });
  });

  test('is given time: an authorizer does not know a new role at once', async () => {
    let refusals = 3;
    cluster.answer = ({ url }) => {
      if (discovery[url.pathname]) return discovery[url.pathname];
      refusals -= 1;
      return refusals >= 0 ? refused : pod('web');
    };
    expect(await cluster.look(named('web'))).toMatchObject({ ok: true });
    expect(cluster.repairs).toBe(1);
  });

  test('could not look when its role cannot be written, and says why; that is not tried again at once', async () => {
    cluster.answer = ({ url }) => discovery[url.pathname] ?? refused;
    cluster.repair = () => Promise.reject(new Error('a webhook forbids it'));
    const reason =
      'the API server answered 403 to the grader: pods is forbidden: User "slipway:grader" cannot list resource "pods"; its role could not be repaired: a webhook forbids it';
    expect(await cluster.look(named('web'))).toEqual({ ok: false, reason });
    expect(await cluster.look(named('web'))).toEqual({ ok: false, reason });
    expect(cluster.repairs).toBe(1);
    expect(cluster.notes).toEqual(['the grader was refused and its role could not be written again: a webhook forbids it']);
  });

  test('could not look where its own role does not let it, and its role is not written again for that', async () => {
    cluster.answer = ({ url }) => discovery[url.pathname] ?? refused;
    const metrics = kube.raw('/metrics', { fields: z.string() });
    const first = await cluster.look(metrics);
    expect(first).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^the API server answered 403 to the grader: pods is forbidden/),
    });
    expect(await cluster.look(metrics)).toEqual(first);
    expect(cluster.repairs).toBe(1);
  });
});

describe('a list that is larger than one answer may be', () => {
  /** Pods whose annotations make a list of all of them too large to be read at once. */
  const heavy = (many: number, bytes: number) =>
    Array.from({ length: many }, (_, at) => ({ metadata: { name: `p${at}`, annotations: { note: 'x'.repeat(bytes) } } }));
  function serve(items: readonly object[]): void {
    cluster.answer = ({ url }) => {
      if (url.pathname !== shopPods) return discovery[url.pathname];
      const from = Number(url.searchParams.get('continue') ?? 0);
      const to = from + Number(url.searchParams.get('limit') ?? items.length);
      return { metadata: { continue: to < items.length ? `${to}` : '' }, items: items.slice(from, to) };
    };
  }
  const pods = kube.list('v1', 'Pod', { namespace: 'shop', fields: Named });

  test('is read in pages, wholly', async () => {
    serve(heavy(180, 130_000));
    const seen = await cluster.look(pods);
    expect(seen).toMatchObject({ ok: true });
    expect(
      seen.ok &&
        z
          .array(Named)
          .parse(seen.value)
          .map(({ metadata }) => metadata.name),
    ).toEqual(heavy(180, 0).map(({ metadata }) => metadata.name));
  });

  test('could not be looked at beyond 32 MiB, and that is the reason', async () => {
    serve(heavy(280, 130_000));
    expect(await cluster.look(pods)).toEqual({ ok: false, reason: `there is more than 32 MiB to read at ${shopPods}` });
  });

  test('is read with its labels on every page', async () => {
    const items = heavy(100, 130_000);
    serve(items);
    await cluster.look(kube.list('v1', 'Pod', { namespace: 'shop', labels: { app: 'web' }, fields: Named }));
    const lists = cluster.server.calls.filter((call) => call.includes(shopPods));
    expect(lists.length).toBeGreaterThan(2);
    expect(lists.every((call) => call.includes('labelSelector=app%3Dweb'))).toBe(true);
  });

  test('could not be looked at when a single object is too large', async () => {
    serve(heavy(2, 9_000_000));
    expect(await cluster.look(pods)).toEqual({ ok: false, reason: `one object of ${shopPods} is too large to read` });
  });
});

describe('kinds that a learner brings', () => {
  const boats = kube.list('harbour.test/v1', 'Boat', { namespace: 'shop', fields: Named });

  test('do not stand in for another group’s kind of the same name', async () => {
    cluster.answer = ({ url }) =>
      ({
        ...discovery,
        '/apis/harbour.test/v1': { resources: [resource('pods', 'Pod')] },
        [`${shopPods}/web`]: pod('web', { spec: { real: true } }),
        '/apis/harbour.test/v1/namespaces/shop/pods/web': pod('web', { spec: { real: false } }),
      })[url.pathname];
    const real = kube.object('v1', 'Pod', 'web', { namespace: 'shop', fields: z.object({ spec: z.object({ real: z.boolean() }) }) });
    expect(await cluster.look(real)).toEqual({ ok: true, value: { spec: { real: true } } });
  });

  test('are found again under another name', async () => {
    let plural = 'boats';
    cluster.answer = ({ url }) =>
      ({
        '/apis/harbour.test/v1': { resources: [resource(plural, 'Boat')] },
        [`/apis/harbour.test/v1/namespaces/shop/${plural}`]: { items: [{ metadata: { name: plural } }] },
      })[url.pathname];
    expect(await cluster.look(boats)).toEqual({ ok: true, value: [{ metadata: { name: 'boats' } }] });
    plural = 'vessels';
    expect(await cluster.look(boats)).toEqual({ ok: true, value: [{ metadata: { name: 'vessels' } }] });
  });

  test('are looked for once by all who want them at that moment', async () => {
    cluster.answer = ({ url }) => discovery[url.pathname] ?? pod('web');
    await Promise.all([1, 2, 3, 4].map((at) => cluster.look(named(`web-${at}`))));
    expect(cluster.server.calls.filter((call) => call === 'GET /api/v1')).toHaveLength(1);
  });
});

describe('a path', () => {
  test('answers JSON or text, and null where there is nothing', async () => {
    cluster.answer = ({ url }) => ({ '/version': { gitVersion: 'v1.35.4' }, '/livez': { status: 200, text: 'ok' } })[url.pathname];
    expect(await cluster.look(kube.raw('/version', { fields: z.object({ gitVersion: z.string() }) }))).toEqual({
      ok: true,
      value: { gitVersion: 'v1.35.4' },
    });
    expect(await cluster.look(kube.raw('/livez', { fields: z.string() }))).toEqual({ ok: true, value: 'ok' });
    expect(await cluster.look(kube.raw('/apis/none', { fields: z.object({}) }))).toEqual({ ok: true, value: null });
  });

  test('of an API group that is not served is absent, though the grader hears that it may not see it', async () => {
    cluster.answer = ({ url }) => (url.pathname === '/apis/metrics.k8s.io/v1beta1' ? undefined : refused);
    const nodes = kube.raw('/apis/metrics.k8s.io/v1beta1/nodes', { fields: z.object({}) });
    expect(await cluster.look(nodes)).toEqual({ ok: true, value: null });
    expect(cluster.repairs).toBe(0);
  });

  test('that fails or answers too much could not be looked at', async () => {
    cluster.answer = ({ url }) => (url.pathname === '/much' ? { status: 200, text: 'x'.repeat(8 * 1024 * 1024 + 1) } : { status: 503 });
    expect(await cluster.look(kube.raw('/apis/metrics.k8s.io/v1beta1/nodes', { fields: z.object({}) }))).toEqual({
      ok: false,
      reason: 'the API server answered 503 to the grader: status 503',
    });
    expect(await cluster.look(kube.raw('/much', { fields: z.string() }))).toEqual({
      ok: false,
      reason: 'The answer to /much exceeds 8388608 bytes.',
    });
  });

  test('gives no values of Secrets away', async () => {
    const secret = { kind: 'Secret', metadata: { name: 'db' }, data: { password: 'aHVzaA==' } };
    cluster.answer = ({ url }) => (url.pathname.endsWith('db') ? secret : { kind: 'SecretList', items: [{ ...secret, kind: undefined }] });
    const fields = z.looseObject({});
    const seen = await Promise.all(['db', ''].map((name) => cluster.look(kube.raw(`/api/v1/namespaces/shop/secrets/${name}`, { fields }))));
    expect(JSON.stringify(seen)).not.toContain('aHVzaA');
    expect(JSON.stringify(seen).match(/hmac:[0-9a-f]{32}/g)).toHaveLength(2);
  });
});
