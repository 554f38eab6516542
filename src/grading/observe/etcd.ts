import { z } from 'zod';
import { observation, type Place } from '../observation.ts';

export type EtcdRequest = { kind: 'etcd.status'; cluster: string } | { kind: 'etcd.get'; cluster: string; key: string; prefix: boolean };

/** Reads of a cluster's own etcd, past the API server. */
export const etcd = {
  status: ({ cluster = 'main' }: Place = {}) =>
    observation(
      { kind: 'etcd.status', cluster },
      z.object({
        version: z.string(),
        dbSize: z.int(),
        isLeader: z.boolean(),
        members: z.array(z.object({ name: z.string() })),
        alarms: z.array(z.string()),
      }),
    ),
  /** Keys (one, or all below a prefix, at most 100) with the size of each value and the text its first 64 bytes begin with: enough to tell `k8s:enc:` from plain. */
  get: (key: string, { prefix = false, cluster = 'main' }: Place & { prefix?: boolean } = {}) =>
    observation({ kind: 'etcd.get', cluster, key, prefix }, z.array(z.object({ key: z.string(), size: z.int(), begins: z.string() }))),
};
