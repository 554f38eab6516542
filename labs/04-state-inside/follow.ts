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
 * when a Service does not say which pods are behind it.
 */
export function ledTo(host: string, pods: readonly Pod[], services: readonly Service[]): string[] | 'address' | null {
  if (pods.some(({ address }) => address === host)) return 'address';
  const name = host.toLowerCase().replace(/\.$/, '');
  const [first = '', second] = name.split('.');
  const service =
    services.find(({ spec }) => spec.clusterIP === host) ??
    (second === undefined || second === 'harbour' ? services.find(({ metadata }) => metadata.name === first) : undefined);
  if (service?.spec.selector) {
    const wanted = Object.entries(service.spec.selector);
    return pods.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value)).map(({ name }) => name);
  }
  if (service) return null;
  return /^redis-\d+\.redis(\.harbour(\.svc(\.cluster\.local)?)?)?$/.test(name) ? [first] : [];
}

/** Whether the list a primary gives names a pod, by its address or by a name that begins with the pod's. */
export const isNamed = (followers: readonly string[], { name, address }: Pod) =>
  followers.some((one) => one === address || one === name || one.startsWith(`${name}.`));

type Readiness = z.infer<typeof pods.readiness.value>;
type Roles = z.infer<typeof answers.roles.value>;

/** A look at a Redis may be this much older than what is known of its pod, in milliseconds. */
const lag = 2000;

/** What each pod's Redis was once its pod was ready, by uid: a follower, or for a while a primary first. */
export function cameAs(readiness: readonly Entry<Readiness>[], said: readonly Entry<Roles>[]): Map<string, 'follower' | 'primary'> {
  const came = new Map<string, 'follower' | 'primary'>();
  const since = new Map<string, number>();
  for (const moment of moments<{ pods: Readiness; roles: Roles }>({ pods: readiness, roles: said })) {
    const at = Date.parse(moment.at);
    for (const { uid, role } of moment.roles ?? []) {
      if (!moment.pods?.some((pod) => pod.uid === uid && pod.ready)) since.delete(uid);
      else if (role === 'primary') since.set(uid, since.get(uid) ?? at);
      else if (role === 'follower' && !came.has(uid)) came.set(uid, at - (since.get(uid) ?? at) >= lag ? 'primary' : 'follower');
    }
  }
  return came;
}
