import { z } from 'zod';
import { type From, observation, type Place, Problem } from '../observation.ts';

export interface DnsRequest {
  kind: 'dns.lookup';
  cluster: string;
  from: From;
  name: string;
  type: 'A' | 'CNAME' | 'SRV';
  timeout: number;
}

export const dns = {
  /**
   * What a name resolves to, through the resolver and search list of the place it is asked from; null when there is no pod to ask from.
   * `target` is an address (A) or a name without its last dot (CNAME, SRV), `port` is SRV's. NXDOMAIN is `no-name`; no record of the type is an empty list.
   */
  lookup: (
    name: string,
    { from, type = 'A', timeout = 2000, cluster = 'main' }: Place & { from: From; type?: DnsRequest['type']; timeout?: number },
  ) =>
    observation(
      { kind: 'dns.lookup', cluster, from, name, type, timeout },
      z.object({ problem: Problem, records: z.array(z.object({ target: z.string(), port: z.int().nullable() })) }).nullable(),
    ),
};
