import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkPolicy, Selector } from '#grading/network-objects.ts';
import { allows, connects, type Network } from '#grading/network-policy.ts';
import { namespace, pod, policy } from './network.ts';
import { type Attempt, slowly } from './slow-network-policy.ts';

/** A small world, in which everything that could be confused is: few labels, few ports, few addresses. */
const labels = fc.dictionary(fc.constantFrom('app', 'tier'), fc.constantFrom('a', 'b', ''), { maxKeys: 2 });
const protocol = fc.constantFrom('TCP' as const, 'UDP' as const);
const number = fc.integer({ min: 1, max: 4 });
const words = fc.constantFrom('http', 'dns');
const home = fc.constantFrom('one', 'two');

const selector: fc.Arbitrary<Partial<Selector>> = fc.record(
  {
    matchLabels: labels,
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom('app', 'tier'),
        operator: fc.constantFrom('In' as const, 'NotIn' as const, 'Exists' as const, 'DoesNotExist' as const),
        values: fc.uniqueArray(fc.constantFrom('a', 'b', ''), { minLength: 1 }),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const block = fc
  .tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 }))
  .map(([last, prefix]) => `10.0.0.${last & (-1 << (32 - prefix))}/${prefix}`);
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: selector }),
  fc.record({ podSelector: selector, namespaceSelector: selector }),
  fc.record({ ipBlock: fc.record({ cidr: block, except: fc.array(block, { maxLength: 1 }) }) }),
);
const port = fc.oneof(
  fc.record({ protocol, port: fc.oneof(number, words) }),
  fc.record({ protocol }),
  fc.record({ protocol, port: number, endPort: fc.constant(4) }),
);
const peers = fc.array(peer, { maxLength: 2 });
const ports = fc.array(port, { maxLength: 2 });
const ingress = fc.array(fc.record({ from: peers, ports }), { maxLength: 2 });
const egress = fc.array(fc.record({ to: peers, ports }), { maxLength: 2 });
const types = fc.subarray<'Ingress' | 'Egress'>(['Ingress', 'Egress']);
const somePolicy = fc
  .tuple(home, fc.record({ podSelector: selector, policyTypes: types, ingress, egress }))
  .map(([where, spec]) => policy(`${where}/p`, spec));
const policies = fc
  .array(somePolicy, { maxLength: 4 })
  .map((all) => all.map((one, at) => ({ ...one, metadata: { ...one.metadata, name: `p${at}` } })));
const pods = fc.uniqueArray(
  fc
    .record({
      where: home,
      last: fc.integer({ min: 0, max: 15 }),
      labels,
      host: fc.boolean(),
      node: fc.constantFrom('n1', 'n2', 'n3'),
      http: number,
    })
    .map(({ where, last, labels: own, host, node, http }) =>
      pod(`${where}/${last}`, {
        labels: own,
        host: host && last < 4,
        node,
        ip: `10.0.0.${last}`,
        ports: [
          { name: 'http', containerPort: http, protocol: 'TCP' },
          { name: 'dns', containerPort: 2, protocol: 'UDP' },
        ],
      }),
    ),
  { minLength: 2, maxLength: 5, selector: ({ metadata }) => metadata.name },
);
const network: fc.Arbitrary<Network> = fc
  .record({ pods, policies, first: labels, second: labels })
  .map(({ first, second, ...rest }) => ({ ...rest, namespaces: [namespace('one', first), namespace('two', second)] }));
const outside = { ip: '10.0.0.9' };
const world: fc.Arbitrary<Attempt> = network.chain((here) => {
  const end = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...here.pods) }, { weight: 1, arbitrary: fc.constant(outside) });
  return fc.record({ network: fc.constant(here), from: end, to: end, port: number, protocol });
});
const ruling = ({ network: here, from, to, port: at, protocol: by }: Attempt, changed: readonly NetworkPolicy[] = here.policies) =>
  allows({ ...here, policies: changed }, from, to, at, by);
/** What a policy is about. */
function kindsOf({ spec: { policyTypes, egress: out } }: NetworkPolicy): ('Ingress' | 'Egress')[] {
  if (policyTypes.length > 0) return policyTypes;
  return out.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}
const runs = { numRuns: 2000 };

test('agrees with a slow reading of the same rules', () => {
  const seen = { allowed: 0, stopped: 0 };
  fc.assert(
    fc.property(world, (here) => {
      const { allowed } = ruling(here);
      expect(allowed).toBe(slowly(here));
      seen[allowed ? 'allowed' : 'stopped'] += 1;
    }),
    { numRuns: 3000 },
  );
  // The worlds are no use if all of them say the same.
  expect(Math.min(seen.allowed, seen.stopped)).toBeGreaterThan(300);
});

test('is stopped if and only if some policy stops it', () => {
  fc.assert(
    fc.property(world, (here) => {
      const { allowed, by, stoppedBy } = ruling(here);
      expect(allowed).toBe(stoppedBy.length === 0);
      if (!allowed) expect(by).toEqual([]);
    }),
    runs,
  );
});

test('is allowed if and only if the egress policies alone and the ingress policies alone allow it', () => {
  const only = (direction: 'Ingress' | 'Egress', all: readonly NetworkPolicy[]) =>
    all.filter((one) => kindsOf(one).includes(direction)).map((one) => ({ ...one, spec: { ...one.spec, policyTypes: [direction] } }));
  fc.assert(
    fc.property(world, (here) => {
      const all = here.network.policies;
      expect(ruling(here).allowed).toBe(ruling(here, only('Egress', all)).allowed && ruling(here, only('Ingress', all)).allowed);
    }),
    runs,
  );
});

test('does not depend on the order of policies, pods or namespaces', () => {
  fc.assert(
    fc.property(world, (here) => {
      const { namespaces, policies: all } = here.network;
      const turned = { policies: all.toReversed(), namespaces: namespaces.toReversed() };
      expect(allows(turned, here.from, here.to, here.port, here.protocol)).toEqual(ruling(here));
    }),
    runs,
  );
});

test('one more rule in a policy forbids nothing', () => {
  const rules = fc.record({ ingress, egress, which: fc.nat() });
  fc.assert(
    fc.property(world, rules, (here, { ingress: more, egress: out, which }) => {
      const all = here.network.policies;
      fc.pre(all.length > 0);
      const wider = all.map((one, at) => {
        if (at !== which % all.length) return one;
        // Egress rules would make a policy without types one about egress.
        const policyTypes = one.spec.policyTypes.length > 0 ? one.spec.policyTypes : kindsOf(one);
        const added = policy('x/y', { ingress: more, egress: out }).spec;
        const rules = { ingress: [...one.spec.ingress, ...added.ingress], egress: [...one.spec.egress, ...added.egress] };
        return { ...one, spec: { ...one.spec, policyTypes, ...rules } };
      });
      if (ruling(here).allowed) expect(ruling(here, wider).allowed).toBe(true);
    }),
    runs,
  );
});

test('one more policy without rules allows nothing, and one that selects nothing changes nothing', () => {
  fc.assert(
    fc.property(world, home, selector, types, (here, where, podSelector, policyTypes) => {
      const closing = policy(`${where}/closing`, { podSelector, policyTypes });
      if (!ruling(here).allowed) expect(ruling(here, [...here.network.policies, closing]).allowed).toBe(false);
      const nobody = policy(`${where}/nobody`, {
        podSelector: { matchLabels: { app: 'nobody' } },
        policyTypes,
        ingress: [{}],
        egress: [{}],
      });
      expect(ruling(here, [...here.network.policies, nobody])).toEqual(ruling(here));
    }),
    runs,
  );
});

test('a policy that lets everything through at both ends opens what policies can open', () => {
  fc.assert(
    fc.property(world, (here) => {
      const open = ['one', 'two'].map((where) =>
        policy(`${where}/open`, { policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }),
      );
      expect(ruling(here, [...here.network.policies, ...open]).allowed).toBe(true);
    }),
    runs,
  );
});

test('selections are allowed as their pairs are: all, some or none', () => {
  const selection = fc.record({ namespace: home, labels });
  fc.assert(
    fc.property(network, selection, selection, number, (here, from, to, at) => {
      const seen = connects(here, { from, to, port: at });
      const chosen = (peer: typeof from) =>
        here.pods.filter(
          ({ metadata }) =>
            metadata.namespace === peer.namespace && Object.entries(peer.labels).every(([name, value]) => metadata.labels[name] === value),
        );
      const pairs = chosen(from).flatMap((one) => chosen(to).map((other) => [one, other] as const));
      const others = pairs.filter(([one, other]) => one !== other);
      const rulings = (others.length > 0 ? others : pairs).map(([one, other]) => allows(here, one, other, at, 'TCP').allowed);
      const expected = rulings.length === 0 ? 'no-pods' : rulings.every(Boolean) ? 'all' : rulings.some(Boolean) ? 'some' : 'none';
      expect(seen.allowed).toBe(expected);
    }),
    runs,
  );
});
