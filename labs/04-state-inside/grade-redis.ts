import { z } from 'zod';
import { dns, entries, rule, task } from '#grading';
import { cameAs, isNamed, ledTo, services } from './follow.ts';
import { answers, pods, revisions, set, storageOf } from './redis.ts';
import { claimOf, claims, scaledDown } from './scale.ts';
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

export const statefulSet = task({
  lasts: 'state',
  observe: { set: set.ordered, progress: set.progress, pods: pods.stored, claims: claims.named, answers: answers.stored, ...lookups },
  settling: underWay,
  expect: z
    .object({
      set: set.ordered.value,
      pods: pods.stored.value,
      claims: claims.named.value,
      answers: answers.stored.value,
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
          const storage = storageOf(pod, redis.folder);
          if ('kind' in storage) {
            yield because('set.data.not-on-claim', { pod: name, folder: redis.folder, kind: storage.kind }, ['pods', 'redis', 'mounts']);
          } else if (claimOf(claims, storage.claim) === undefined) {
            yield because('set.claim.leaving', { pod: name, claim: storage.claim }, ['claims']);
          } else if (owners.has(storage.claim)) {
            const both = `${owners.get(storage.claim)} and ${name}`;
            yield because('set.claim.shared', { claim: storage.claim, pods: both }, ['pods', 'redis', 'mounts']);
          } else owners.set(storage.claim, name);
          if (!redis.saves) yield because('set.data.not-saved', { pod: name }, ['answers']);
        }
      }),
      rule(function* ({ together, first, second, third, set, pods }) {
        if (together === null) yield because('set.names.nobody-asks', {}, ['together']);
        for (const [ordinal, { name, address }] of threeOf({ set, pods }).entries()) {
          const lookup = [first, second, third][ordinal] ?? null;
          if (together !== null && addressesIn(lookup).join() !== address)
            yield because('set.name.elsewhere', { name: `${name}.${domain}`, answer: answered(lookup), address }, ['together']);
        }
      }),
      rule(function* ({ together, set, pods }) {
        const addresses = threeOf({ set, pods }).map(({ address }) => address);
        if (addressesIn(together).join() !== addresses.toSorted().join())
          yield because('set.service.not-headless', { name: domain, answer: answered(together), addresses: addresses.join(', ') }, [
            'together',
          ]);
      }),
    ),
});

const led = z.object({ set: set.plain.value, pods: pods.led.value, services: services.value, answers: answers.led.value });

/** What keeps the others from following the first by a name, and being known to it. */
function* notFollowing({ services, ...seen }: z.infer<typeof led>) {
  const [leader, ...others] = redisOf(seen);
  for (const { pod, name, redis } of others) {
    const host = redis.follows ?? '';
    const led = ledTo(host, seen.pods, services);
    if (led === 'address') yield because('differ.follows.address', { pod: name, host }, ['answers']);
    else if (led !== null && led.join() !== leader?.name) {
      yield because('differ.follows.another', { pod: name, host, led: led.join(', ') || 'no pod' }, ['answers']);
    } else if (!redis.linked) yield because('differ.link.down', { pod: name, host }, ['answers']);
    else if (!isNamed(leader?.redis.followers ?? [], pod)) yield because('differ.first.lacks', { pod: name }, ['answers']);
  }
}

/** Connecting and the first copy take a moment. */
const connecting = led.extend({ progress: set.progress.value }).refine((seen) => {
  const faults = [...notFollowing(seen)].map(({ code }) => code);
  const told = redisOf(seen).every(({ redis }, ordinal) => (redis.role === 'primary') === (ordinal === 0));
  return (
    isUnderWay(seen) || (told && faults.length > 0 && faults.every((code) => code === 'differ.link.down' || code === 'differ.first.lacks'))
  );
});

export const replicasDiffer = task({
  lasts: 'state',
  observe: { set: set.plain, progress: set.progress, pods: pods.led, services, answers: answers.led },
  witness: { readiness: pods.readiness, roles: answers.roles },
  settling: connecting,
  expect: led.extend({ readiness: entries(pods.readiness), roles: entries(answers.roles) }).check(
    rule(notThree),
    rule(notRedis),
    rule(function* (seen) {
      const [leader, ...others] = redisOf(seen);
      if (leader?.redis.role === 'follower') yield because('differ.first.follows', { host: leader.redis.follows }, ['answers']);
      for (const { name, redis } of others) if (redis.role === 'primary') yield because('differ.other.leads', { pod: name }, ['answers']);
    }),
    rule(notFollowing),
    rule(function* ({ readiness, roles, ...seen }) {
      const came = cameAs(readiness, roles);
      for (const { pod, name } of redisOf(seen).slice(1)) {
        if (came.get(pod.uid) === 'primary') yield because('differ.other.led', { pod: name }, ['roles']);
        else if (!came.has(pod.uid)) yield because('differ.other.unseen', { pod: name }, ['roles']);
      }
    }),
  ),
});

export const scaleAndBack = task({
  lasts: 'state',
  observe: { set: set.plain, progress: set.progress, pods: pods.kept, claims: claims.known, answers: answers.kept },
  witness: { crew: pods.crew, wanted: set.wanted, past: claims.past },
  settling: underWay,
  expect: z
    .object({
      set: set.plain.value,
      pods: pods.kept.value,
      claims: claims.known.value,
      answers: answers.kept.value,
      crew: entries(pods.crew),
      wanted: entries(set.wanted),
      past: entries(claims.past),
    })
    .check(
      rule(notThree),
      rule(function* ({ crew, wanted, past }) {
        if (scaledDown(crew, wanted, past) === null) yield because('scale.never', {}, ['crew']);
      }),
      rule(notRedis),
      rule(function* ({ claims, crew, wanted, past, ...seen }) {
        const before = scaledDown(crew, wanted, past);
        for (const { pod, name, redis } of redisOf(seen)) {
          const storage = storageOf(pod, redis.folder);
          const claim = 'claim' in storage ? claimOf(claims, storage.claim) : undefined;
          if (!claim) {
            const kind = 'kind' in storage ? storage.kind : 'a claim that is on its way out';
            yield because('scale.data.not-on-claim', { pod: name, kind }, ['pods', 'redis', 'mounts']);
          } else if (!before?.has(claim.metadata.uid)) {
            yield because('scale.claim.new', { pod: name, claim: claim.metadata.name }, ['claims']);
          }
        }
      }),
    ),
});

const [before, after] = ['harbour/redis:1.0', 'harbour/redis:1.1'];
type Pod = z.infer<typeof pods.updated.value>[number];

/** Whether the controller made a pod from the template as it is: by its label, and not before there was this template. */
function isUpdated({ revision, made }: Pod, wanted: string | undefined, known: z.infer<typeof revisions.value>): boolean {
  const since = known.find(({ metadata }) => metadata.name === wanted)?.metadata.creationTimestamp;
  return revision === wanted && since !== undefined && Date.parse(made) >= Date.parse(since);
}

export const rollout = task({
  lasts: 'once',
  observe: { set: set.updating, progress: set.progress, pods: pods.updated, revisions, answers: answers.plain },
  settling: underWay,
  expect: z.object({ set: set.updating.value, pods: pods.updated.value, revisions: revisions.value, answers: answers.plain.value }).check(
    rule(notThree),
    rule(notRedis),
    rule(function* ({ set, pods, revisions }) {
      if (set === null) return;
      const images = set.spec.template.spec.containers.map(({ image }) => image);
      const asked = images.some((image) => image.endsWith(after));
      const known = (pod: Pod) => revisions.some(({ metadata }) => metadata.name === pod.revision);
      const updated = (pod: Pod) => isUpdated(pod, set.status.updateRevision, revisions);
      const runs = (pod: Pod) => pod.images.join(', ') || 'another image';
      const three = threeOf({ set, pods });
      const byHand = three.find((pod) => runs(pod) === after && !(asked && updated(pod)));
      if (byHand) yield because('rollout.by-hand', { pod: byHand.name }, ['pods']);
      else if (!asked) yield because('rollout.not-asked', { image: images.join(', ') }, ['set', 'spec', 'template']);
      else {
        const last = three.at(-1);
        for (const pod of three.slice(0, -1))
          if (updated(pod) || !known(pod) || runs(pod) !== before)
            yield because('rollout.other.changed', { pod: pod.name, image: runs(pod) }, ['pods']);
        if (last && runs(last) !== after) yield because('rollout.last.old', { pod: last.name, image: runs(last) }, ['pods']);
      }
    }),
    rule(function* ({ set }) {
      const { type = '', rollingUpdate } = set?.spec.updateStrategy ?? {};
      const held = type === 'OnDelete' || (type === 'RollingUpdate' && (rollingUpdate?.partition ?? 0) >= 2);
      if (!held) yield because('rollout.goes-on', {}, ['set', 'spec', 'updateStrategy']);
    }),
  ),
});
