import { z } from 'zod';
import { kube } from '#grading';
import { type Entry, moments } from './moments.ts';
import type { answers, pods } from './redis.ts';

export const services = kube.list('v1', 'Service', {
  namespace: 'harbour',
  fields: z.object({
    metadata: z.object({ name: z.string() }),
    spec: z.object({ clusterIP: z.string().optional(), selector: z.record(z.string(), z.string()).optional() }),
  }),
});
type Service = z.infer<typeof services.value>[number];
type Pod = Pick<z.infer<typeof pods.led.value>[number], 'name' | 'address' | 'labels'>;

/**
 * The pods that a host name may lead a follower to; `address` when it is the passing address of a pod, and null
 * when it cannot be told from here.
 */
export function ledTo(host: string, pods: readonly Pod[], services: readonly Service[]): string[] | 'address' | null {
  if (pods.some(({ address }) => address === host)) return 'address';
  const [first = '', second] = host.toLowerCase().replace(/\.$/, '').split('.');
  const service =
    services.find(({ spec }) => spec.clusterIP === host) ??
    (second === undefined || second === 'harbour' ? services.find(({ metadata }) => metadata.name === first) : undefined);
  if (service?.spec.selector) {
    const wanted = Object.entries(service.spec.selector);
    return pods.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value)).map(({ name }) => name);
  }
  return !service && /^redis-\d+$/.test(first) ? [first] : null;
}

/** Whether the list a primary gives names a pod, by its address or by a name that begins with the pod's. */
export const isNamed = (followers: readonly string[], { name, address }: Pod) =>
  followers.some((one) => one === address || one === name || one.startsWith(`${name}.`));

type Crew = z.infer<typeof pods.crew.value>;
type Roles = z.infer<typeof answers.roles.value>;

/** A look at a Redis may be this much older than what is known of its pod, in milliseconds. */
const lag = 2000;

/** The pods that were ready for a while and their Redis a primary all that time, until it became a follower; by uid. */
export function readyPrimaries(crew: readonly Entry<Crew>[], said: readonly Entry<Roles>[]): Set<string> {
  const found = new Set<string>();
  const since = new Map<string, number>();
  for (const moment of moments<{ crew: Crew; roles: Roles }>({ crew, roles: said })) {
    const at = Date.parse(moment.at);
    for (const { uid, role } of moment.roles ?? []) {
      const ready = moment.crew?.some((pod) => pod.uid === uid && pod.ready);
      const began = since.get(uid);
      if (role === 'primary' && ready) since.set(uid, began ?? at);
      else if (role === 'follower' && began !== undefined && at - began >= lag) found.add(uid);
      else since.delete(uid);
    }
  }
  return found;
}
