import { describe, expect, test } from 'vitest';
import { cameAs, ledTo } from '../../../labs/04-state-inside/follow.ts';
import { type Moment, moments } from '../../../labs/04-state-inside/moments.ts';
import { answers, pods, redisIn } from '../../../labs/04-state-inside/redis.ts';
import { scaledDown } from '../../../labs/04-state-inside/scale.ts';

const second = (number: number) => new Date(Date.UTC(2026, 10, 23, 12, 0, number)).toISOString();
const seen = <Value>(at: number, value: Value) => ({ kind: 'seen' as const, seq: at, at: second(at), value });

const reply = (lines: string[], settings: Record<string, string>) => {
  const info = `# Server\r\nredis_version:8.0.2\r\nrun_id:${'a'.repeat(40)}\r\n# Replication\r\n${lines.join('\r\n')}\r\n`;
  const pairs = Object.entries(settings).map(([name, value]) => `*2\r\n$${name.length}\r\n${name}\r\n$${value.length}\r\n${value}\r\n`);
  return `+PONG\r\n$${info.length}\r\n${info}\r\n${pairs.join('')}+OK\r\n`;
};
const settings = { dir: '/data', appendonly: 'yes', save: '' };
const leads = [
  'role:master',
  'connected_slaves:2',
  'slave0:ip=10.244.1.5,port=6379,state=online,offset=42,lag=0',
  'slave1:ip=10.244.1.6,port=6379,state=wait_bgsave,offset=0,lag=0',
];

describe('what a Redis says of itself', () => {
  test('a primary, with those that follow it and are in step', () => {
    expect(redisIn(reply(leads, settings))).toEqual({
      role: 'primary',
      runId: 'a'.repeat(40),
      follows: null,
      linked: null,
      followers: ['10.244.1.5'],
      folder: '/data',
      saves: true,
    });
  });

  test('a follower, of whom and whether it is connected', () => {
    const lines = ['role:slave', 'master_host:redis-0.redis', 'master_link_status:up', 'master_repl_offset:42'];
    expect(redisIn(reply(lines, settings))).toMatchObject({ role: 'follower', follows: 'redis-0.redis', linked: true });
    expect(redisIn(reply(['role:slave', 'master_host:x', 'master_link_status:down'], settings))).toMatchObject({ linked: false });
  });

  test('whether it saves: a log of changes or snapshots, and neither', () => {
    const saves = (appendonly: string, save: string) => redisIn(reply(['role:master'], { dir: '/data', appendonly, save }))?.saves;
    expect([saves('yes', ''), saves('no', '60 1'), saves('no', '')]).toEqual([true, true, false]);
  });

  test.each([
    ['nothing', ''],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['one that wants a password', '-NOAUTH Authentication required.\r\n'.repeat(6)],
    ['one that stops in the middle', '+PONG\r\n$999\r\n# Server\r\nrun_id:abc\r\nrole:master\r\n'],
    ['a role nobody has', reply(['role:captain'], settings)],
  ])('not %s', (_, text) => {
    expect(redisIn(text)).toBeNull();
  });

  test('is the same when it is read a second time, and keeps no counters', () => {
    const raw = (offset: number) => [
      { pod: 'redis-0', uid: 'u', problem: null, received: reply([...leads, `master_repl_offset:${offset}`], settings) },
      { pod: 'redis-1', uid: 'v', problem: 'refused', received: '' },
    ];
    for (const { value } of Object.values(answers)) {
      const once = value.parse(raw(1));
      expect(value.parse(once)).toEqual(once);
      expect(value.parse(raw(2))).toEqual(once);
    }
    expect(answers.roles.value.parse(raw(1))).toEqual([
      { uid: 'u', role: 'primary' },
      { uid: 'v', role: null },
    ]);
  });
});

const fleet = [0, 1, 2].map((ordinal) => ({
  name: `redis-${ordinal}`,
  address: `10.244.1.${ordinal}`,
  labels: { app: 'redis', pod: `redis-${ordinal}` },
}));

describe('whom a name leads to', () => {
  const services = [
    { metadata: { name: 'redis' }, spec: { clusterIP: 'None', selector: { app: 'redis' } } },
    { metadata: { name: 'first' }, spec: { clusterIP: '10.96.0.7', selector: { pod: 'redis-0' } } },
    { metadata: { name: 'by-hand' }, spec: { clusterIP: '10.96.0.8' } },
  ];
  test.each<[string, ReturnType<typeof ledTo>]>([
    ['redis-0.redis', ['redis-0']],
    ['REDIS-0.redis.harbour.svc.cluster.local.', ['redis-0']],
    ['redis-1.redis', ['redis-1']],
    ['redis', ['redis-0', 'redis-1', 'redis-2']],
    ['redis.harbour.svc', ['redis-0', 'redis-1', 'redis-2']],
    ['first', ['redis-0']],
    ['10.96.0.7', ['redis-0']],
    ['10.244.1.0', 'address'],
    ['by-hand', null],
    ['redis-0.reddis', []],
    ['redis-0', []],
    ['first.elsewhere', []],
    ['db.example.org', []],
  ])('%s', (host, expected) => {
    expect(ledTo(host, fleet, services)).toEqual(expected);
  });
});

describe('as what a follower came', () => {
  const said = (at: number, role: 'primary' | 'follower') => seen(at, [{ uid: 'x', role }]);
  const ready = (at: number, is = true) => seen(at, [{ uid: 'x', ready: is }]);
  const came = (...journals: Parameters<typeof cameAs>) => cameAs(...journals).get('x');

  test('a primary that was told by hand, when it had been ready for a while', () => {
    expect(came([ready(1)], [said(2, 'primary'), said(9, 'follower')])).toBe('primary');
    expect(came([ready(1)], [said(2, 'primary'), said(9, 'follower'), said(10, 'primary'), said(11, 'follower')])).toBe('primary');
  });

  test('a follower from its first ready moment on', () => {
    expect(came([ready(1, false), ready(6)], [said(5, 'follower')])).toBe('follower');
    expect(came([ready(1, false), ready(6)], [said(2, 'primary'), said(5, 'follower')])).toBe('follower');
  });

  test('a follower that was looked at a moment too late', () => {
    expect(came([ready(1, false), ready(6)], [said(2, 'primary'), said(7, 'follower')])).toBe('follower');
  });

  test('nothing is known of one that was not seen, or not seen ready', () => {
    expect(came([], [said(2, 'follower')])).toBeUndefined();
    expect(came([ready(1)], [])).toBeUndefined();
    expect(came([ready(1, false)], [said(2, 'follower')])).toBeUndefined();
  });

  test('its predecessor of the same name does not count', () => {
    const journal = [seen(1, [{ uid: 'old', ready: true }]), seen(8, [{ uid: 'x', ready: true }])];
    const words = [seen(2, [{ uid: 'old', role: 'primary' as const }]), seen(9, [{ uid: 'x', role: 'follower' as const }])];
    expect(came(journal, words)).toBe('follower');
  });
});

const pod = (ordinal: number, uid: string, ready = true, owned = true) => ({ name: `redis-${ordinal}`, uid, ready, owned });

describe('down to one and back', () => {
  const three = (uids: string) => [...uids].map((uid, ordinal) => pod(ordinal, uid));
  const claims = (at: number, uids: string) =>
    seen(
      at,
      [...uids].map((uid) => ({ metadata: { uid } })),
    );
  const old = [claims(1, 'xyz')];
  const wanted = (at: number, replicas: number) => seen(at, { spec: { replicas } });

  test('three, one, three', () => {
    const pods = [seen(2, three('abc')), seen(11, three('ab')), seen(12, three('a')), seen(21, three('ade'))];
    expect(scaledDown(pods, [wanted(1, 3), wanted(10, 1), wanted(20, 3)], old)).toEqual(new Set('xyz'));
  });

  test('so fast that nobody saw the first alone', () => {
    const leaving = [pod(0, 'a'), pod(1, 'b'), pod(2, 'c', false)];
    const pods = [seen(2, three('abc')), seen(11, leaving), seen(21, three('ade'))];
    expect(scaledDown(pods, [wanted(1, 3), wanted(10, 1), wanted(20, 3)], old)).toEqual(new Set('xyz'));
  });

  test('not when pods were deleted and three always wanted', () => {
    expect(scaledDown([seen(2, three('abc')), seen(3, three('a')), seen(9, three('ade'))], [wanted(1, 3)], old)).toBeNull();
  });

  test('not when it was taken back before anybody left, and pods were deleted later', () => {
    const pods = [seen(2, three('abc')), seen(30, three('a')), seen(40, three('ade'))];
    expect(scaledDown(pods, [wanted(1, 3), wanted(10, 1), wanted(11, 3)], old)).toBeNull();
  });

  test('not when it began with one, nor to two or none', () => {
    expect(scaledDown([seen(2, three('a')), seen(21, three('abc'))], [wanted(1, 1), wanted(20, 3)], old)).toBeNull();
    for (const replicas of [0, 2]) {
      const pods = [seen(2, three('abc')), seen(21, three('ade'))];
      expect(scaledDown(pods, [wanted(1, 3), wanted(10, replicas), wanted(20, 3)], old)).toBeNull();
    }
  });

  test('not when the pods are another controller’s', () => {
    const others = (uids: string) => three(uids).map((one) => ({ ...one, owned: false }));
    expect(scaledDown([seen(2, others('abc')), seen(21, others('ade'))], [wanted(1, 3), wanted(10, 1), wanted(20, 3)], old)).toBeNull();
  });

  test('the last time counts, so that a claim lost later can be made good', () => {
    const pods = [seen(2, three('abc')), seen(11, three('a')), seen(21, three('ade')), seen(31, three('a')), seen(41, three('afg'))];
    const asked = [wanted(1, 3), wanted(10, 1), wanted(20, 3), wanted(30, 1), wanted(40, 3)];
    expect(scaledDown(pods, asked, [...old, claims(15, 'x'), claims(21, 'xpq')])).toEqual(new Set('xpq'));
  });
});

test('journals of two witnesses make one story, in the order they were written', () => {
  const story: Moment<{ a: string; b: string }>[] = moments<{ a: string; b: string }>({
    a: [seen(1, 'one'), seen(4, 'two')],
    b: [{ kind: 'gap', seq: 2, at: second(2), value: {} }, seen(3, 'three')],
  });
  expect(story.map(({ a, b }) => [a, b])).toEqual([
    ['one', null],
    ['one', 'three'],
    ['two', 'three'],
  ]);
});

test('what is kept of a pod is little, and the same when it is read again', () => {
  const raw = {
    metadata: {
      name: 'redis-1',
      creationTimestamp: second(0),
      uid: 'u',
      ownerReferences: [{ kind: 'StatefulSet', name: 'redis', uid: 's' }],
      annotations: { note: 'x'.repeat(100_000) },
    },
    spec: { containers: [{ name: 'redis', image: 'harbour/redis:1.0' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const once = pods.crew.value.parse([raw]);
  expect(once).toEqual([{ name: 'redis-1', uid: 'u', owned: true, ready: true }]);
  for (const { value } of Object.values(pods)) {
    const kept = value.parse([raw]);
    expect(value.parse(kept)).toEqual(kept);
    expect(JSON.stringify(kept).length).toBeLessThan(1000);
  }
});
