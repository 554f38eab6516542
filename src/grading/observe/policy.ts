import { z } from 'zod';
import { observation, type Place, type Selection } from '../observation.ts';

/** One end of a connection: the pods of a selection, or an address that is no pod's. */
export type Peer = Selection | { ip: string };

export interface Connection {
  from: Peer;
  to: Peer;
  /** A number, or the name of a container's port at the receiving end. */
  port: number | string;
  protocol?: 'TCP' | 'UDP' | 'SCTP';
}

export interface PolicyRequest {
  kind: 'policy.allows';
  cluster: string;
  connections: Readonly<Record<string, Connection>>;
}

/** Whether each connection is allowed for every pair of pods, some or none; `no-pods` when one end has none that run. */
export const Allowed = z.object({
  allowed: z.enum(['all', 'some', 'none', 'no-pods']),
  /** Policies that let it through, as `namespace/name`. Empty where nothing is isolated. */
  by: z.array(z.string()),
  /** Policies that isolate an end for which no rule lets it through. */
  stoppedBy: z.array(z.string()),
});

export const policy = {
  /** What the NetworkPolicies say of connections, evaluated over namespaces, pods and policies without a packet sent. */
  allows: <const Connections extends Readonly<Record<string, Connection>>>(connections: Connections, { cluster = 'main' }: Place = {}) =>
    observation(
      { kind: 'policy.allows', cluster, connections },
      z.object(Object.fromEntries(Object.keys(connections).map((name) => [name, Allowed]))) as unknown as z.ZodType<{
        [Name in keyof Connections]: z.infer<typeof Allowed>;
      }>,
    ),
};
