import { z } from 'zod';
import { dns, entries, rule, task } from '#grading';
import { services as allServices, ledTo, names, readyPrimaries } from './follow.ts';
import { revisions as allRevisions, answers, crew, imagesOf, pods, type RedisPod, roles, set, storageOf } from './redis.ts';
import { claimOf, claims, scaledDown, wanted } from './scale.ts';
import { isUnderWay, notRedis, notThree, redisOf, threeOf, underWay } from './three.ts';
import { because } from './words.ts';

const domain = 'redis.harbour.svc.cluster.local';
/** Asked from another pod: a pod knows its own name without any DNS. */
const from = { namespace: 'harbour', labels: { app: 'logbook' } };
const lookups = {
  together: dns.lookup(domain, { from }),
  first: dns.lookup(`redis-0.${domain}`, { from }),
  second: dns.lookup(`redis-1.${domain}`, { from }),
  third: dns.lookup(`redis-2.${domain}`, { from }),
};
type Lookup = z.infer<typeof lookups.first.value>;

const addressesIn = (lookup: Lookup) => (lookup?.records ?? []).map(({ target }) => target).sort();
const answered = (lookup: Lookup) => addressesIn(lookup).join(', ') || (lookup?.problem ?? 'nothing');
const addressOf = ({ status }: RedisPod) => status.podIP ?? '';

export const statefulSet = task({
  lasts: 'state',
  observe: { set, pods, claims, answers, ...lookups },
  settling: underWay,
  expect: z
    .object({
      set: set.value,
      pods: pods.value,
      claims: claims.value,
      answers: answers.value,
      together: lookups.together.value,
      first: lookups.first.value,
      second: lookups.second.value,
      third: lookups.third.value,
    })
    .check(
      rule(notThree),
      rule(function* ({ set }) {
        const policy = set?.spec.podManagementPolicy ?? '';
        if (policy !== 'OrderedReady') yield because('set.start.at-once', { policy }, ['set', 'spec', 'podManagementPolicy']);
      }),
      rule(notRedis),
      rule(function* ({ claims, ...seen }) {
        const owners = new Map<string, string>();
        for (const { pod, name, redis } of redisOf(seen)) {
          const storage = storageOf(pod.spec, redis.folder);
          if ('kind' in storage)
            yield because('set.data.not-on-claim', { pod: name, folder: redis.folder, kind: storage.kind }, ['pods', 'spec']);
          else if (claimOf(claims, storage.claim) === undefined)
            yield because('set.claim.leaving', { pod: name, claim: storage.claim }, ['claims']);
          else if (owners.has(storage.claim))
            yield because('set.claim.shared', { claim: storage.claim, pods: `${owners.get(storage.claim)} and ${name}` }, [
              'pods',
              'spec',
              'volumes',
            ]);
          else owners.set(storage.claim, name);
          if (!redis.saves) yield because('set.data.not-saved', { pod: name }, ['answers']);
        }
      }),
      rule(function* ({ together, first, second, third, set, pods }) {
        const three = threeOf({ set, pods });
        if (together === null) yield because('set.names.nobody-asks', {}, ['together']);
        for (const [ordinal, lookup] of together === null ? [] : [first, second, third].entries()) {
          const address = three[ordinal] ? addressOf(three[ordinal]) : '';
          if (addressesIn(lookup).join() !== address)
            yield because('set.name.elsewhere', { name: `redis-${ordinal}.${domain}`, answer: answered(lookup), address }, ['lookups']);
        }
      }),
      rule(function* ({ together, set, pods }) {
        const addresses = threeOf({ set, pods }).map(addressOf).sort();
        if (addressesIn(together).join() !== addresses.join())
          yield because('set.service.not-headless', { name: domain, answer: answered(together), addresses: addresses.join(', ') }, [
            'together',
          ]);
      }),
    ),
});

/** What keeps the others from following the first by a name, and being known to it. */
function* notFollowing({ services, ...seen }: Parameters<typeof redisOf>[0] & { services: z.infer<typeof allServices.value> }) {
  const [leader, ...others] = redisOf(seen);
  for (const { pod, name, redis } of others) {
    const host = redis.follows ?? '';
    const led = ledTo(host, seen.pods, services);
    if (led === 'address') yield because('differ.follows.address', { pod: name, host }, ['answers']);
    else if (led !== null && led.join() !== leader?.name)
      yield because('differ.follows.another', { pod: name, host, led: led.join(', ') || 'no pod' }, ['answers']);
    else if (!redis.linked) yield because('differ.link.down', { pod: name, host }, ['answers']);
    else if (!names(leader?.redis.followers ?? [], pod)) yield because('differ.first.lacks', { pod: name }, ['answers']);
  }
}

/** Connecting and the first copy take a moment. */
const connecting = z.object({ set: set.value, pods: pods.value, services: allServices.value, answers: answers.value }).refine((seen) => {
  const faults = [...notFollowing(seen)].map(({ code }) => code);
  const told = redisOf(seen).every(({ redis }, ordinal) => (redis.role === 'primary') === (ordinal === 0));
  return (
    isUnderWay(seen) || (told && faults.length > 0 && faults.every((code) => code === 'differ.link.down' || code === 'differ.first.lacks'))
  );
});

export const replicasDiffer = task({
  lasts: 'state',
  observe: { set, pods, services: allServices, answers },
  witness: { crew, roles },
  settling: connecting,
  expect: z
    .object({
      set: set.value,
      pods: pods.value,
      services: allServices.value,
      answers: answers.value,
      crew: entries(crew),
      roles: entries(roles),
    })
    .check(
      rule(notThree),
      rule(notRedis),
      rule(function* (seen) {
        const [leader, ...others] = redisOf(seen);
        if (leader?.redis.role === 'follower') yield because('differ.first.follows', { host: leader.redis.follows }, ['answers']);
        for (const { name, redis } of others) if (redis.role === 'primary') yield because('differ.other.leads', { pod: name }, ['answers']);
      }),
      rule(notFollowing),
      rule(function* ({ crew, roles, ...seen }) {
        const primaries = readyPrimaries(crew, roles);
        for (const { pod, name } of redisOf(seen).slice(1))
          if (primaries.has(pod.metadata.uid)) yield because('differ.other.led', { pod: name }, ['roles']);
      }),
    ),
});

export const scaleAndBack = task({
  lasts: 'state',
  observe: { set, pods, claims, answers },
  witness: { crew, wanted, kept: claims },
  settling: underWay,
  expect: z
    .object({
      set: set.value,
      pods: pods.value,
      claims: claims.value,
      answers: answers.value,
      crew: entries(crew),
      wanted: entries(wanted),
      kept: entries(claims),
    })
    .check(
      rule(notThree),
      rule(function* ({ crew, wanted, kept }) {
        if (scaledDown(crew, wanted, kept) === null) yield because('scale.never', {}, ['crew']);
      }),
      rule(notRedis),
      rule(function* ({ claims, crew, wanted, kept, ...seen }) {
        const before = scaledDown(crew, wanted, kept);
        for (const { pod, name, redis } of redisOf(seen)) {
          const storage = storageOf(pod.spec, redis.folder);
          const claim = 'claim' in storage ? claimOf(claims, storage.claim) : undefined;
          if (!claim) {
            const kind = 'kind' in storage ? storage.kind : 'a claim that is on its way out';
            yield because('scale.data.not-on-claim', { pod: name, kind }, ['pods', 'spec']);
          } else if (!before?.has(claim.metadata.uid))
            yield because('scale.claim.new', { pod: name, claim: claim.metadata.name }, ['claims']);
        }
      }),
    ),
});

const [before, after] = ['harbour/redis:1.0', 'harbour/redis:1.1'];

/** Whether the controller made a pod from the template as it is: by its label, and not before there was this template. */
function isUpdated({ metadata }: RedisPod, revision: string | undefined, revisions: z.infer<typeof allRevisions.value>): boolean {
  const since = revisions.find((one) => one.metadata.name === revision)?.metadata.creationTimestamp ?? metadata.creationTimestamp;
  return metadata.labels['controller-revision-hash'] === revision && Date.parse(metadata.creationTimestamp) >= Date.parse(since);
}

export const rollout = task({
  lasts: 'once',
  observe: { set, pods, revisions: allRevisions, answers },
  settling: underWay,
  expect: z.object({ set: set.value, pods: pods.value, revisions: allRevisions.value, answers: answers.value }).check(
    rule(notThree),
    rule(notRedis),
    rule(function* ({ set, pods, revisions }) {
      if (set === null) return;
      const asked = set.spec.template.spec.containers.some(({ image }) => image.endsWith(after));
      const updated = (pod: RedisPod) => isUpdated(pod, set.status.updateRevision, revisions);
      const three = threeOf({ set, pods });
      const image = (pod: RedisPod) => imagesOf(pod).join(', ') || 'another image';
      const byHand = three.find((pod) => image(pod) === after && !(asked && updated(pod)));
      if (byHand) yield because('rollout.by-hand', { pod: byHand.metadata.name }, ['pods']);
      else if (!asked)
        yield because('rollout.not-asked', { image: set.spec.template.spec.containers.map(({ image }) => image).join(', ') }, ['set']);
      else {
        for (const pod of three.slice(0, -1))
          if (updated(pod) || image(pod) !== before)
            yield because('rollout.other.changed', { pod: pod.metadata.name, image: image(pod) }, ['pods']);
        const last = three.at(-1);
        if (last && image(last) !== after) yield because('rollout.last.old', { pod: last.metadata.name, image: image(last) }, ['pods']);
      }
    }),
    rule(function* ({ set }) {
      const { type = '', rollingUpdate } = set?.spec.updateStrategy ?? {};
      if (type === 'RollingUpdate' && (rollingUpdate?.partition ?? 0) < 2)
        yield because('rollout.goes-on', {}, ['set', 'spec', 'updateStrategy']);
    }),
  ),
});
