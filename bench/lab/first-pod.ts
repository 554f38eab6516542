import Dockerode from 'dockerode';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { LabRef } from '#cluster/port.ts';
import { openStore } from '#store/open.ts';
import type { BenchSite } from './site.ts';

const never = () => Promise.reject(new Error('no lab is made here'));

/** The containers of a session of a site that runs. */
export async function labOfSession({ here }: BenchSite, session: string): Promise<LabRef> {
  const store = await openStore({ folder: here.data, asItIs: true });
  try {
    const row = await store.sessions.get(session);
    if (row?.instance == null) throw new Error('the session has no containers');
    return { instance: here.instance, lab: row.instance, epoch: row.instanceEpoch };
  } finally {
    await store.close();
  }
}

export const engine = () => kindProvider({ docker: new Dockerode(), nodeImage: never, gatewayImage: never });

/** A learner's first pod, by kubectl in the toolbox, of an image that every node has: until it runs. */
export async function firstPod(ref: LabRef, signal: AbortSignal): Promise<void> {
  const script = `
    image=$(kubectl get nodes -o jsonpath='{.items[0].status.images[*].names[*]}' | tr ' ' '\\n' | grep -m1 '/pause:')
    kubectl run first --image="$image" >/dev/null && kubectl wait --for=jsonpath='{.status.phase}'=Running pod/first --timeout=60s`;
  const done = await engine().exec(ref, { kind: 'toolbox' }, ['bash', '-c', script], { signal });
  if (done.code !== 0) throw new Error(`the first pod did not run: ${done.stderr.slice(0, 500)}`);
}
