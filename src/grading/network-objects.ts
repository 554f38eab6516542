import { z } from 'zod';

const Protocol = z.enum(['TCP', 'UDP', 'SCTP']);
export type Protocol = z.infer<typeof Protocol>;
const Labels = z.record(z.string(), z.string()).default({});

const Selector = z.object({
  matchLabels: Labels,
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});
export type Selector = z.infer<typeof Selector>;

const PolicyPeer = z.object({
  podSelector: Selector.optional(),
  namespaceSelector: Selector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
export type PolicyPeer = z.infer<typeof PolicyPeer>;

const PolicyPort = z.object({
  protocol: Protocol.default('TCP'),
  port: z.union([z.int(), z.string()]).optional(),
  endPort: z.int().optional(),
});
export type PolicyPort = z.infer<typeof PolicyPort>;

/** An object of `networking.k8s.io/v1`, as far as it decides. */
export const NetworkPolicy = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z
    .object({
      podSelector: Selector.prefault({}),
      policyTypes: z.array(z.enum(['Ingress', 'Egress'])).default([]),
      ingress: z.array(z.object({ from: z.array(PolicyPeer).default([]), ports: z.array(PolicyPort).default([]) })).default([]),
      egress: z.array(z.object({ to: z.array(PolicyPeer).default([]), ports: z.array(PolicyPort).default([]) })).default([]),
    })
    .prefault({}),
});
export type NetworkPolicy = z.infer<typeof NetworkPolicy>;

const ContainerPorts = z.object({
  restartPolicy: z.string().optional(),
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.int(), protocol: Protocol.default('TCP') })).default([]),
});

/** A pod, as far as policies and connections see it. */
export const NetworkPod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: Labels,
    deletionTimestamp: z.string().optional(),
  }),
  spec: z
    .object({
      hostNetwork: z.boolean().default(false),
      nodeName: z.string().default(''),
      containers: z.array(ContainerPorts).default([]),
      initContainers: z.array(ContainerPorts).default([]),
    })
    .prefault({}),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      podIPs: z.array(z.object({ ip: z.string() })).default([]),
      hostIP: z.string().optional(),
    })
    .prefault({}),
});
export type NetworkPod = z.infer<typeof NetworkPod>;

export const NetworkNamespace = z.object({ metadata: z.object({ name: z.string(), labels: Labels }) });
export type NetworkNamespace = z.infer<typeof NetworkNamespace>;
