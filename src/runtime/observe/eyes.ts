import type { Kube } from '#cluster/kube.ts';
import type { ClusterProvider, LabAccess, LabRef } from '#cluster/port.ts';
import type { Request } from '#grading/observation.ts';
import type { kubeRead } from './kube-read.ts';

/** What a look may use. Every way into the lab is here, and none of them is the learner's. */
export interface Eyes {
  provider: Pick<ClusterProvider, 'dial' | 'probe' | 'exec'>;
  access: LabAccess;
  ref: LabRef;
  /** Keys the hashes that stand for secret values. */
  secretKey: Uint8Array;
  /** Throws `Blind` for a cluster this lab does not have. */
  cluster(name: string): ClusterEyes;
  /** What the learner last typed into a field; null before that. */
  answer(field: string): Promise<string | null>;
}

/** `read` is shared by all that a round looks at, and may answer from memory that is in step with the cluster; `readAnew` asks. */
export type ClusterEyes = { client: Kube; readAnew: ReturnType<typeof kubeRead>['read'] } & ReturnType<typeof kubeRead>;

/** Makes one kind of observation: answers what was seen, absence included; throws (best `Blind`) when it could not look. */
export type Look<Kind extends Request['kind']> = (
  request: Extract<Request, { kind: Kind }>,
  eyes: Eyes,
  signal: AbortSignal,
) => Promise<unknown>;
export type Looks = { readonly [Kind in Request['kind']]: Look<Kind> };
