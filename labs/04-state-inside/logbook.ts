import { z } from 'zod';
import { http, kube, pod } from '#grading';
import { type Entry, moments } from './moments.ts';
import { podWith } from './pod.ts';
import { altered, containersOf, mountsIn, type Spec, storageAt } from './storage.ts';

const selection = { namespace: 'harbour', labels: { app: 'logbook' } };

/** The logbook's pods: how they do, and what is mounted where. */
export const pods = kube.list('v1', 'Pod', { ...selection, fields: podWith('name', 'uid', 'running', 'stuck', 'spec') });

/** Whether they are on their way. */
export const progress = kube.list('v1', 'Pod', { ...selection, fields: podWith('ready', 'stuck') });

/** The parts of those pods that never change, to be remembered when they are gone. */
export const mounts = kube.list('v1', 'Pod', { ...selection, fields: podWith('uid', 'started', 'spec') });

const answer = <Fields extends z.ZodType>(fields: Fields) => http.getEach('/bookings', { pods: selection, port: 8080, fields });
const store = z.object({ path: z.string().max(300) });

/** Where each pod of the logbook says that its bookings are. */
export const answers = answer(z.object({ store }));

/** What each answers. The last ten bookings are enough to recognise one. */
export const bookings = answer(
  z.object({ store, bookings: z.array(z.object({ id: z.string().max(64), at: z.string().max(40) })).transform((all) => all.slice(-10)) }),
);

/** Where the first process of each pod looks for its code: the image's own place, or another program answers. */
export const code = pod.environ(selection, ['PYTHONPATH']);

type Mounts = readonly Entry<z.infer<typeof mounts.value>>[];
type Bookings = readonly Entry<z.infer<typeof bookings.value>>[];

const logbookIn = (spec: Spec) => containersOf(spec, 'harbour/api')[0] ?? spec.containers[0];

/** What holds a file of the logbook's container. */
export function storageOf(spec: Spec, path: string): ReturnType<typeof storageAt> {
  const container = logbookIn(spec);
  return storageAt(container ? mountsIn(spec, container) : [], path);
}

const ownCode = '/usr/lib/harbour';

/** What else than the image's own logbook answers in a pod; null when nothing does, as far as can be seen. */
export function impostor(spec: Spec, environ: Readonly<Record<string, string>> | undefined): string | null {
  const [logbook] = containersOf(spec, 'harbour/api');
  if (logbook === undefined) return 'no container of the image harbour/api is in it';
  const how = altered(spec, logbook);
  const path = environ?.PYTHONPATH;
  // With several containers in a pod it may be another one's process that was looked at.
  const untold = path === undefined && spec.containers.length > 1;
  return how ?? (path === ownCode || untold ? null : 'it runs code from another place');
}

/** How far the clock of a cluster may be ahead of ours, in milliseconds. */
const skew = 10_000;

/**
 * What the journal tells of bookings that the image's own logbook made in a file on a claim: how many there were, and on
 * which claims one was answered by another pod when the one it was made under was gone. What a booking says of its time
 * decides where it was made: one from before all of these pods, or from a time to come, was put there by other means.
 */
export function keptBookings(mounts: Mounts, answers: Bookings): { seen: number; carriedOver: ReadonlySet<string> } {
  const known = new Map<string, { spec: Spec; from: number }>();
  const paths = new Map<string, string>();
  const holders = new Map<string, Set<string>>();
  const carriedOver = new Set<string>();
  for (const { at, pods, said } of moments<{ pods: Values<Mounts>; said: Values<Bookings> }>({ pods: mounts, said: answers })) {
    for (const { uid, spec, started } of pods ?? [])
      if (impostor(spec, { PYTHONPATH: ownCode }) === null) known.set(uid, { spec, from: Date.parse(started ?? '') });
    const here = new Set((pods ?? []).map(({ uid }) => uid));
    for (const { uid, status, body } of said ?? []) {
      const own = known.get(uid);
      const storage = own && body && status === 200 ? storageOf(own.spec, body.store.path) : { kind: '' };
      if (!own || !body || !('claim' in storage) || !here.has(uid)) continue;
      paths.set(uid, body.store.path);
      for (const booking of body.bookings) {
        const made = Date.parse(booking.at);
        const onClaim = [...known].filter(
          ([other, { spec, from }]) => from <= made && isOn(spec, paths.get(other) ?? body.store.path, storage.claim),
        );
        if (onClaim.length === 0 || !(made <= Date.parse(at) + skew)) continue;
        const holding = holders.get(`${booking.id} ${booking.at}`) ?? new Set();
        if (onClaim.some(([other]) => other !== uid && !here.has(other) && (holding.has(other) || made <= own.from)))
          carriedOver.add(storage.claim);
        holders.set(`${booking.id} ${booking.at}`, holding.add(uid));
      }
    }
  }
  return { seen: holders.size, carriedOver };
}

type Values<Journal> = Journal extends readonly Entry<infer Value>[] ? Value : never;

const isOn = (spec: Spec, path: string, claim: string) => {
  const storage = storageOf(spec, path);
  return 'claim' in storage && storage.claim === claim;
};
