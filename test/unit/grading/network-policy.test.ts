import { describe, expect, test } from 'vitest';
import { NetworkPod, type NetworkPolicy } from '#grading/network-objects.ts';
import { allows, connects } from '#grading/network-policy.ts';
import { namespace, pod, policy } from './network.ts';

const namespaces = [namespace('shop'), namespace('prod', { purpose: 'production' }), namespace('dev', { purpose: 'testing' })];
const all = { podSelector: {} };
const label = (app: string) => ({ podSelector: { matchLabels: { app } } });
const outside = { ip: '203.0.113.9' };
const http = [{ name: 'http', containerPort: 8080, protocol: 'TCP' as const }];
const web = pod('shop/web', { ports: http });
const api = pod('shop/api', { ports: http });
const db = pod('shop/db');
const prod = pod('prod/web');
const dev = pod('dev/web');
const metrics = (containerPort: number) => [{ name: 'metrics', containerPort, protocol: 'TCP' as const }];
const withSidecar = NetworkPod.parse({
  ...pod('shop/sidecar'),
  spec: { initContainers: [{ restartPolicy: 'Always', ports: metrics(9100) }, { ports: metrics(9200) }] },
});

type Try = [from: typeof web | { ip: string }, to: typeof web | { ip: string }, port?: number | string, protocol?: 'TCP' | 'UDP' | 'SCTP'];
const try_ = (policies: NetworkPolicy[], [from, to, port = 80, protocol = 'TCP']: Try) =>
  allows({ namespaces, policies }, from, to, port, protocol);

/** Situations of the Kubernetes documentation and of well-known recipes: what gets through, and what does not. */
const situations: { name: string; policies: NetworkPolicy[]; through: Try[]; stopped: Try[] }[] = [
  {
    name: 'without policies everything talks to everything',
    policies: [],
    through: [
      [web, db],
      [dev, prod],
      [outside, web],
      [web, outside],
      [web, db, 53, 'UDP'],
      [web, api, 'http'],
    ],
    stopped: [],
  },
  {
    name: 'a policy that selects everything and has no rules: nothing comes in, everything goes out',
    policies: [policy('shop/deny-in', { ...all, policyTypes: ['Ingress'] })],
    through: [
      [web, outside],
      [web, prod],
      [dev, prod],
    ],
    stopped: [
      [web, db],
      [dev, web],
      [outside, web],
    ],
  },
  {
    name: 'one empty ingress rule lets everything in, whatever else isolates',
    policies: [
      policy('shop/deny-in', { ...all, policyTypes: ['Ingress'] }),
      policy('shop/allow-in', { ...all, policyTypes: ['Ingress'], ingress: [{}] }),
    ],
    through: [
      [web, db],
      [dev, web],
      [outside, web],
    ],
    stopped: [],
  },
  {
    name: 'no egress rules: nothing goes out, also not within the namespace; what comes in is not touched',
    policies: [policy('shop/deny-out', { ...all, policyTypes: ['Egress'] })],
    through: [
      [dev, web],
      [outside, web],
    ],
    stopped: [
      [web, db],
      [web, outside],
      [web, prod, 53, 'UDP'],
    ],
  },
  {
    name: 'one empty egress rule lets everything out',
    policies: [
      policy('shop/deny-out', { ...all, policyTypes: ['Egress'] }),
      policy('shop/out', { ...all, policyTypes: ['Egress'], egress: [{}] }),
    ],
    through: [
      [web, db],
      [web, outside],
    ],
    stopped: [],
  },
  {
    name: 'both directions denied: nothing in, nothing out',
    policies: [policy('shop/deny', { ...all, policyTypes: ['Ingress', 'Egress'] })],
    through: [[dev, prod]],
    stopped: [
      [web, db],
      [web, outside],
      [dev, web],
    ],
  },
  {
    name: 'one application is closed, its neighbours are not',
    policies: [policy('shop/close-db', { ...label('db'), ingress: [] })],
    through: [
      [web, api],
      [db, web],
    ],
    stopped: [
      [web, db],
      [outside, db],
    ],
  },
  {
    name: 'an application is open to those with a label, in its own namespace only',
    policies: [policy('shop/db', { ...label('db'), ingress: [{ from: [label('web')] }] })],
    through: [[web, db]],
    stopped: [
      [api, db],
      [dev, db],
      [outside, db],
    ],
  },
  {
    name: 'pods of the own namespace only',
    policies: [policy('shop/own', { ...all, ingress: [{ from: [all] }] })],
    through: [
      [web, db],
      [api, web],
    ],
    stopped: [
      [dev, web],
      [outside, web],
    ],
  },
  {
    name: 'every namespace, and nothing from outside the cluster',
    policies: [policy('shop/all-namespaces', { ...label('web'), ingress: [{ from: [{ namespaceSelector: {} }] }] })],
    through: [
      [dev, web],
      [api, web],
    ],
    stopped: [[outside, web]],
  },
  {
    name: 'a namespace by its label',
    policies: [
      policy('shop/prod', { ...label('web'), ingress: [{ from: [{ namespaceSelector: { matchLabels: { purpose: 'production' } } }] }] }),
    ],
    through: [[prod, web]],
    stopped: [
      [dev, web],
      [api, web],
    ],
  },
  {
    name: 'a namespace by the name that the API server labels it with',
    policies: [
      policy('shop/dev', {
        ...label('web'),
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'dev' } } }] }],
      }),
    ],
    through: [[dev, web]],
    stopped: [[prod, web]],
  },
  {
    name: 'both selectors in one peer must hold',
    policies: [
      policy('shop/and', {
        ...label('db'),
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { purpose: 'production' } }, ...label('web') }] }],
      }),
    ],
    through: [[prod, db]],
    stopped: [
      [web, db],
      [dev, db],
      [pod('prod/other'), db],
    ],
  },
  {
    name: 'two peers: either will do',
    policies: [
      policy('shop/or', {
        ...label('db'),
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { purpose: 'production' } } }, label('web')] }],
      }),
    ],
    through: [
      [prod, db],
      [web, db],
      [pod('prod/other'), db],
    ],
    stopped: [
      [dev, db],
      [api, db],
    ],
  },
  {
    name: 'two rules: either will do, each with its own port',
    policies: [
      policy('shop/rules', {
        ...label('db'),
        ingress: [
          { from: [label('web')], ports: [{ port: 5432 }] },
          { from: [label('api')], ports: [{ port: 9090 }] },
        ],
      }),
    ],
    through: [
      [web, db, 5432],
      [api, db, 9090],
    ],
    stopped: [
      [web, db, 9090],
      [api, db, 5432],
    ],
  },
  {
    name: 'ports alone open to everybody, the outside included',
    policies: [policy('shop/port', { ...label('web'), ingress: [{ ports: [{ port: 80 }] }] })],
    through: [
      [dev, web, 80],
      [outside, web, 80],
    ],
    stopped: [
      [dev, web, 443],
      [dev, web, 80, 'UDP'],
    ],
  },
  {
    name: 'a rule without a port is about all ports of its protocol, TCP when none is named',
    policies: [
      policy('shop/udp', { ...label('web'), ingress: [{ ports: [{ protocol: 'UDP' }] }] }),
      policy('shop/tcp', { ...label('db'), ingress: [{ ports: [{}] }] }),
    ],
    through: [
      [api, web, 53, 'UDP'],
      [api, db, 5432],
    ],
    stopped: [
      [api, web, 53],
      [api, db, 5432, 'SCTP'],
    ],
  },
  {
    name: 'a range of ports holds its ends',
    policies: [
      policy('shop/range', {
        ...label('web'),
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/24' } }], ports: [{ port: 32000, endPort: 32768 }] }],
        policyTypes: ['Egress'],
      }),
    ],
    through: [
      [web, { ip: '10.0.0.7' }, 32000],
      [web, { ip: '10.0.0.7' }, 32768],
    ],
    stopped: [
      [web, { ip: '10.0.0.7' }, 31999],
      [web, { ip: '10.0.0.7' }, 32769],
      [web, { ip: '10.0.1.7' }, 32000],
    ],
  },
  {
    name: 'a port by name is the receiving pod’s, in both directions',
    policies: [
      policy('shop/in', { ...label('api'), ingress: [{ ports: [{ port: 'http' }] }] }),
      policy('dev/out', { ...all, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'http' }] }] }),
    ],
    through: [
      [web, api, 8080],
      [web, api, 'http'],
      [dev, web, 8080],
    ],
    stopped: [
      [web, api, 80],
      [dev, web, 80],
      [dev, db, 8080],
      [dev, outside, 8080],
    ],
  },
  {
    name: 'blocks of addresses, with exceptions',
    policies: [
      policy('shop/block', {
        ...label('web'),
        ingress: [{ from: [{ ipBlock: { cidr: '203.0.0.0/16', except: ['203.0.114.0/24', '203.0.115.0/24'] } }] }],
      }),
    ],
    through: [[outside, web]],
    stopped: [
      [{ ip: '203.0.114.1' }, web],
      [{ ip: '203.0.115.1' }, web],
      [{ ip: '198.51.100.1' }, web],
      [api, web],
    ],
  },
  {
    name: 'a block holds pods by their address, too',
    policies: [policy('shop/pods', { ...label('web'), ingress: [{ from: [{ ipBlock: { cidr: '10.9.0.0/16' } }] }] })],
    through: [[pod('dev/in-block', { ip: '10.9.1.1' }), web]],
    stopped: [[dev, web]],
  },
  {
    name: 'nothing may go out but names may be asked for',
    policies: [
      policy('shop/dns', {
        ...label('web'),
        policyTypes: ['Egress'],
        egress: [
          {
            ports: [
              { port: 53, protocol: 'UDP' },
              { port: 53, protocol: 'TCP' },
            ],
          },
        ],
      }),
    ],
    through: [
      [web, dev, 53, 'UDP'],
      [web, outside, 53],
      [api, outside, 443],
    ],
    stopped: [
      [web, outside, 443],
      [web, api],
    ],
  },
  {
    name: 'out to the cluster, not to the world',
    policies: [policy('shop/inside', { ...label('web'), policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {} }] }] })],
    through: [
      [web, dev],
      [web, db],
    ],
    stopped: [[web, outside]],
  },
  {
    name: 'egress alone is not enough where the receiver is isolated, nor the other way round',
    policies: [
      policy('shop/web-out', { ...label('web'), policyTypes: ['Egress'], egress: [{ to: [label('api'), label('db')] }] }),
      policy('shop/db-in', { ...label('db'), ingress: [{ from: [label('api')] }] }),
    ],
    through: [
      [web, api],
      [api, db],
    ],
    stopped: [
      [web, db],
      [web, dev],
    ],
  },
  {
    name: 'policyTypes decide: egress rules of an Ingress policy do nothing',
    policies: [policy('shop/in-only', { ...label('web'), policyTypes: ['Ingress'], egress: [{ to: [label('db')] }] })],
    through: [[web, outside]],
    stopped: [[api, web]],
  },
  {
    name: 'without policyTypes: ingress always, egress when there are such rules',
    policies: [policy('shop/in', label('web')), policy('shop/both', { ...label('db'), egress: [{ to: [label('api')] }] })],
    through: [
      [web, outside],
      [db, api],
    ],
    stopped: [
      [api, web],
      [api, db],
      [db, outside],
    ],
  },
  {
    name: 'expressions: In, NotIn (also without the key), Exists, DoesNotExist, all of them together',
    policies: [
      policy('shop/in', {
        podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'api'] }] },
        ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } }] }],
      }),
      policy('shop/not', {
        podSelector: {
          matchExpressions: [
            { key: 'tier', operator: 'NotIn', values: ['front'] },
            { key: 'app', operator: 'DoesNotExist' },
          ],
        },
      }),
    ],
    through: [
      [pod('shop/a', { labels: { tier: '' } }), web],
      [web, db],
      [web, pod('shop/b', { labels: { tier: 'front' } })],
    ],
    stopped: [
      [db, web],
      [db, api],
      [web, pod('shop/c', { labels: {} })],
      [web, pod('shop/d', { labels: { tier: 'back' } })],
    ],
  },
  {
    name: 'a policy is about its own namespace’s pods only',
    policies: [policy('dev/deny', { ...all, policyTypes: ['Ingress', 'Egress'] })],
    through: [
      [web, prod],
      [web, db],
    ],
    stopped: [
      [web, dev],
      [dev, web],
    ],
  },
  {
    name: 'no policy stops a pod from reaching itself, or the node it runs on in either direction',
    policies: [policy('shop/deny', { ...all, policyTypes: ['Ingress', 'Egress'] })],
    through: [
      [web, web],
      [{ ip: '172.18.0.2' }, web],
      [web, { ip: '172.18.0.2' }],
      [pod('dev/agent', { host: true }), web],
      [web, pod('dev/agent', { host: true })],
    ],
    stopped: [
      [pod('dev/agent', { host: true, node: 'worker2' }), web],
      [{ ip: '172.18.0.3' }, web],
    ],
  },
  {
    name: 'pods on the host’s network are not isolated, and selected by address only',
    policies: [
      policy('shop/deny', { ...all, policyTypes: ['Ingress', 'Egress'] }),
      policy('prod/from-shop', { ...all, ingress: [{ from: [{ namespaceSelector: {} }] }] }),
      policy('dev/from-nodes', { ...all, ingress: [{ from: [{ ipBlock: { cidr: '172.18.0.0/24' } }] }] }),
    ],
    through: [
      [dev, pod('shop/host', { host: true, node: 'worker2' })],
      [pod('shop/host', { host: true, node: 'worker2', ip: '172.18.0.3' }), dev],
    ],
    stopped: [[pod('shop/host', { host: true, node: 'worker2' }), prod]],
  },
  {
    name: 'a sidecar’s ports have names, too; those of a container that ends before the others begin do not',
    policies: [policy('shop/in', { ...all, policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 'metrics' }] }] })],
    through: [[web, withSidecar, 9100]],
    stopped: [[web, withSidecar, 9200]],
  },
  {
    name: 'a name that is no port of the receiver is not reached, and no policy is blamed',
    policies: [],
    through: [],
    stopped: [
      [web, db, 'http'],
      [web, api, 'http', 'UDP'],
    ],
  },
  {
    name: 'labels that objects are born with are no labels',
    policies: [policy('shop/odd', { podSelector: { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] } })],
    through: [[web, db]],
    stopped: [],
  },
];

describe.each(situations)('$name', ({ policies, through, stopped }) => {
  const told = ([from, to, port = 80, protocol = 'TCP']: Try) => [nameOf(from), nameOf(to), port, protocol].join(' ');
  test.each(through.map((one) => [told(one), one] as const))('%s gets through', (_, one) => {
    expect(try_(policies, one)).toMatchObject({ allowed: true, stoppedBy: [] });
  });
  test.each(stopped.map((one) => [told(one), one] as const))('%s does not', (_, one) => {
    expect(try_(policies, one)).toMatchObject({ allowed: false, by: [] });
  });
});

const nameOf = (end: Try[0]) => ('ip' in end ? end.ip : `${end.metadata.namespace}/${end.metadata.name}`);

test('a ruling names the policies that let a connection through, at both ends', () => {
  const policies = [
    policy('shop/z-out', { ...label('web'), policyTypes: ['Egress'], egress: [{ to: [label('db')] }] }),
    policy('shop/deny', { ...all, policyTypes: ['Ingress', 'Egress'] }),
    policy('shop/a-in', { ...label('db'), ingress: [{ from: [label('web')] }] }),
  ];
  expect(try_(policies, [web, db])).toEqual({ allowed: true, by: ['shop/a-in', 'shop/z-out'], stoppedBy: [] });
});

test('a ruling names every policy that isolates an end which lets nothing through', () => {
  const policies = [
    policy('shop/web-out', { ...label('web'), policyTypes: ['Egress'], egress: [{ to: [label('db')] }] }),
    policy('shop/deny-in', { ...all, policyTypes: ['Ingress'] }),
    policy('shop/db-in', { ...label('db'), ingress: [{ from: [label('api')] }] }),
  ];
  expect(try_(policies, [web, db])).toEqual({ allowed: false, by: [], stoppedBy: ['shop/db-in', 'shop/deny-in'] });
});

describe('a connection between selections', () => {
  const pods = [pod('shop/web-1', { labels: { app: 'web', track: 'old' } }), pod('shop/web-2', { labels: { app: 'web' } }), db, dev];
  const webs = { namespace: 'shop', labels: { app: 'web' } };
  const dbs = { namespace: 'shop', labels: { app: 'db' } };
  const onlyOld = policy('shop/only-old', { ...label('db'), ingress: [{ from: [{ podSelector: { matchLabels: { track: 'old' } } }] }] });

  test('is judged for every pair of pods', () => {
    const over = (policies: NetworkPolicy[]) => connects({ namespaces, pods, policies }, { from: webs, to: dbs, port: 5432 });
    expect(over([])).toEqual({ allowed: 'all', by: [], stoppedBy: [] });
    expect(over([onlyOld])).toEqual({ allowed: 'some', by: ['shop/only-old'], stoppedBy: ['shop/only-old'] });
    expect(over([policy('shop/deny', all)])).toEqual({ allowed: 'none', by: [], stoppedBy: ['shop/deny'] });
  });

  test('is no connection when one end has no pods that run and stay', () => {
    const going = [
      pod('shop/done', { phase: 'Succeeded', labels: { app: 'job' } }),
      pod('shop/new', { phase: 'Pending', labels: { app: 'job' } }),
      pod('shop/old', { leaving: true, labels: { app: 'job' } }),
    ];
    const from = { namespace: 'shop', labels: { app: 'job' } };
    expect(connects({ namespaces, pods: [...pods, ...going], policies: [] }, { from, to: dbs, port: 5432 })).toEqual({
      allowed: 'no-pods',
      by: [],
      stoppedBy: [],
    });
    expect(
      connects({ namespaces, pods, policies: [] }, { from: { ...webs, namespace: 'dev2' }, to: { ip: '1.1.1.1' }, port: 53 }).allowed,
    ).toBe('no-pods');
  });

  test('does not count a pod as its own peer while there is another', () => {
    const closed = [policy('shop/deny', all)];
    expect(connects({ namespaces, pods, policies: closed }, { from: webs, to: webs, port: 80 }).allowed).toBe('none');
    expect(connects({ namespaces, pods, policies: closed }, { from: dbs, to: dbs, port: 80 }).allowed).toBe('all');
  });

  test('with an address at one end asks the other end only', () => {
    const policies = [
      policy('shop/out', { ...label('web'), policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '1.1.1.0/24' } }] }] }),
    ];
    const to = (ip: string) => connects({ namespaces, pods, policies }, { from: webs, to: { ip }, port: 443 }).allowed;
    expect([to('1.1.1.1'), to('8.8.8.8')]).toEqual(['all', 'none']);
  });
});
