import { z } from 'zod';
import type { Probe, ProbeResults } from '../port.ts';

/** What the gateway's agent answers on one line. Hostile bytes come as base64. */
export const Reply = z.union([
  z.strictObject({ id: z.int(), error: z.strictObject({ code: z.string(), message: z.string() }) }),
  z.strictObject({ id: z.int(), result: z.unknown() }),
]);
export type Reply = z.infer<typeof Reply>;

const Bytes = z.base64().transform((text): Uint8Array => Buffer.from(text, 'base64'));
const Problem = z.enum(['refused', 'unreachable', 'no-name', 'timeout', 'broken']).nullable();

const Results = {
  http: z.array(
    // Not strict: the gateway of a lab that an earlier version made says more.
    z.object({ status: z.int().nullable(), problem: Problem, headers: z.record(z.string(), z.string()), body: Bytes }),
  ),
  tcp: z.strictObject({ problem: Problem, received: Bytes }),
  dns: z.strictObject({
    problem: Problem,
    records: z.array(z.strictObject({ target: z.string(), port: z.int().nullable() })),
  }),
  files: z.record(
    z.string(),
    z.strictObject({
      problem: z.enum(['absent', 'not-a-file', 'refused', 'too-large']).nullable(),
      bytes: Bytes.nullable(),
      size: z.int().nullable(),
    }),
  ),
  environ: z.record(z.string(), Bytes),
} satisfies { [Op in Probe['op']]: z.ZodType<ProbeResults[Op]> };

/** Reads the result of a probe; throws zod's error where it has another form. */
export function resultOf<P extends Probe>(probe: P, result: unknown): ProbeResults[P['op']] {
  return Results[probe.op].parse(result) as ProbeResults[P['op']];
}

const longestProbe = 6_000;
const grace = 1_500;

/** How long an agent that works takes at most to answer, in milliseconds. */
export function longest(probe: Probe): number {
  switch (probe.op) {
    case 'http':
      return Math.min(probe.timeout * probe.times, longestProbe) + grace;
    case 'tcp':
    case 'dns':
      return probe.timeout + grace;
    default:
      return longestProbe;
  }
}
