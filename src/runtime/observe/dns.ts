import type { Look } from './eyes.ts';
import { longestProbe } from './limits.ts';
import { probeFrom } from './pods.ts';

const mostRecords = 256;

export const dnsLookup: Look<'dns.lookup'> = async ({ cluster, from, name, type, timeout }, eyes, signal) => {
  const seen = await probeFrom(eyes, cluster, from, { op: 'dns', name, type, timeout: Math.min(timeout, longestProbe) }, signal);
  return seen && { ...seen, records: seen.records.slice(0, mostRecords) };
};
