import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { access, answer, dns, engine, entries, etcd, files, http, kube, optional, pod, policy, registry, task, tcp, trial } from '#grading';
import type { Observation, ValueOf } from '#grading/observation.ts';

const shop = { namespace: 'shop', labels: { app: 'web' } };
const Web = z.object({ spec: z.object({ replicas: z.int() }) });

const web = kube.object('apps/v1', 'Deployment', 'web', { namespace: 'shop', fields: Web });
const rights = access.can({ user: 'ann' }, { read: { verb: 'get', resource: 'pods' }, write: { verb: 'create', resource: 'pods' } });
const ways = policy.allows({ in: { from: shop, to: { ip: '10.0.0.1' }, port: 80 }, out: { from: shop, to: shop, port: 'http' } });
const home = files.read(['notes.txt', '.kube/config']);
const page = http.get('http://web/', { from: shop, fields: z.object({ version: z.string() }) });
const name = dns.lookup('web', { from: shop });
const port = tcp.connect('web', 80, { from: 'network', send: 'PING' });
const inside = pod.files(shop, ['/etc/hosts']);
const variables = pod.environ(shop, ['HOME']);
const typed = answer('address');
const containers = engine.containers({ fields: z.object({ Names: z.array(z.string()) }) });
const tags = registry.tags('web');
const keys = etcd.get('/registry/secrets/');
const members = etcd.status();
const logs = kube.logs(shop);
const version = kube.raw('/version', { fields: z.object({ gitVersion: z.string() }) });

test('what an observation is asked for is what its value has', () => {
  expectTypeOf<ValueOf<typeof rights>>().toEqualTypeOf<{ readonly read: boolean; readonly write: boolean }>();
  expectTypeOf<keyof ValueOf<typeof home>>().toEqualTypeOf<'notes.txt' | '.kube/config'>();
  expectTypeOf<NonNullable<NonNullable<ValueOf<typeof page>>['body']>>().toEqualTypeOf<{ version: string }>();
  expectTypeOf<ValueOf<typeof ways>['in']['allowed']>().toEqualTypeOf<'all' | 'some' | 'none' | 'no-pods'>();
  expectTypeOf<ValueOf<typeof typed>>().toEqualTypeOf<string | null>();
});

const loss = trial.change({ verb: 'delete', target: { pod: shop } }, { until: web, holds: Web, within: 30 });
const asked = trial.dryRun({ verb: 'delete', target: { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: 'shop' } });

test('a grader that names what is observed compiles', () => {
  const all = { web, rights, ways, home, page, name, port, inside, variables, typed, containers, tags, keys, members, logs, version };
  const whole = task({
    lasts: 'state',
    observe: all,
    witness: { history: web },
    expect: z.object({
      web: Web,
      rights: z.object({ read: z.literal(true) }),
      ways: z.object({ in: z.object({ allowed: z.literal('none') }) }),
      home: z.object({ 'notes.txt': z.object({ problem: z.null() }) }),
      page: z.object({ status: z.literal(200), body: z.object({ version: z.literal('2') }) }),
      name: z.object({ records: z.array(z.object({ target: z.string() })) }),
      port: z.object({ received: z.string().startsWith('+PONG') }),
      inside: z.array(z.object({ files: z.record(z.string(), z.object({ text: z.string() })) })),
      variables: z.array(z.object({ environ: z.record(z.string(), z.string()) })),
      typed: z.string(),
      containers: z.array(z.object({ Names: z.array(z.string()) })),
      tags: z.object({ tags: z.array(z.string()) }),
      keys: z.array(z.object({ begins: z.string().startsWith('k8s:enc:') })),
      members: z.object({ isLeader: z.literal(true) }),
      logs: z.array(z.object({ lines: z.array(z.string()) })),
      version: z.object({ gitVersion: z.string() }),
      history: entries(web),
    }),
    trial: {
      observe: { loss, asked },
      expect: z.object({ loss: z.object({ held: z.literal(true), seen: Web }), asked: z.object({ accepted: z.literal(false) }) }),
    },
  });
  expect(Object.keys(whole.observe)).toEqual(Object.keys(all));
  expect(
    task({ lasts: 'state', observe: {}, expect: z.object({}), trial: { observe: { asked }, expect: z.object({}) } }).trial,
  ).not.toBeNull();
});

test('what is misspelt in a new kind of observation does not compile', () => {
  const reading = <O extends Record<string, Observation<unknown, true>>>(observe: O) => ({ lasts: 'state' as const, observe });
  // @ts-expect-error: there is no question named reed
  task({ ...reading({ rights }), expect: z.object({ rights: z.object({ reed: z.literal(true) }) }) });
  // @ts-expect-error: an answer to a question is a boolean
  task({ ...reading({ rights }), expect: z.object({ rights: z.object({ read: z.literal('yes') }) }) });
  // @ts-expect-error: there is no connection named inn
  task({ ...reading({ ways }), expect: z.object({ ways: z.object({ inn: z.object({ allowed: z.string() }) }) }) });
  // @ts-expect-error: nothing is allowed never
  task({ ...reading({ ways }), expect: z.object({ ways: z.object({ in: z.object({ allowed: z.literal('never') }) }) }) });
  // @ts-expect-error: this file is not read
  task({ ...reading({ home }), expect: z.object({ home: z.object({ 'note.txt': z.object({ text: z.string() }) }) }) });
  // @ts-expect-error: a file has a text, not a body
  task({ ...reading({ home }), expect: z.object({ home: z.object({ 'notes.txt': z.object({ body: z.string() }) }) }) });
  // @ts-expect-error: the page's body keeps no field release
  task({ ...reading({ page }), expect: z.object({ page: z.object({ body: z.object({ release: z.string() }) }) }) });
  // @ts-expect-error: a status is a number
  task({ ...reading({ page }), expect: z.object({ page: z.object({ status: z.literal('200') }) }) });
  // @ts-expect-error: a record has a target, not an address
  task({ ...reading({ name }), expect: z.object({ name: z.object({ records: z.array(z.object({ address: z.string() })) }) }) });
  // @ts-expect-error: a connection is not gone, it is refused
  task({ ...reading({ port }), expect: z.object({ port: z.object({ problem: z.literal('gone') }) }) });
  // @ts-expect-error: an answer is text
  task({ ...reading({ typed }), expect: z.object({ typed: z.number() }) });
  // @ts-expect-error: a key has a size, not a length
  task({ ...reading({ keys }), expect: z.object({ keys: z.array(z.object({ length: z.int() })) }) });
  // @ts-expect-error: what is optional never decides
  task({ lasts: 'state', observe: { logs: optional(logs) }, expect: z.object({ logs: z.array(z.json()) }) });
  // @ts-expect-error: an object has a fields, not a field
  kube.object('v1', 'Pod', 'web', { namespace: 'shop', field: Web });
  // @ts-expect-error: a lookup comes from somewhere
  dns.lookup('web', {});
  // @ts-expect-error: records of this type are not looked up
  dns.lookup('web', { from: shop, type: 'TXT' });
});

test('what is misspelt in a trial does not compile', () => {
  const tried = { lasts: 'state' as const, observe: { web }, expect: z.object({ web: Web }) };
  // @ts-expect-error: no trial is named lost
  task({ ...tried, trial: { observe: { loss }, expect: z.object({ lost: z.object({ held: z.literal(true) }) }) } });
  // @ts-expect-error: a dry run holds nothing
  task({ ...tried, trial: { observe: { asked }, expect: z.object({ asked: z.object({ held: z.literal(true) }) }) } });
  // @ts-expect-error: what was looked at has a spec, not a status
  task({ ...tried, trial: { observe: { loss }, expect: z.object({ loss: z.object({ seen: z.object({ status: z.json() }) }) }) } });
  // @ts-expect-error: so it is for what is waited for
  trial.change({ verb: 'delete', target: { pod: shop } }, { until: web, holds: z.object({ status: z.object({}) }), within: 30 });
  // @ts-expect-error: what is made has a name
  trial.dryRun({ verb: 'create', manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { generateName: 'web-' } } });
  // @ts-expect-error: a trial waits for so long and no longer
  trial.change({ verb: 'delete', target: { pod: shop } }, { until: web, holds: Web });
});
