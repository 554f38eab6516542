import type { Look } from './eyes.ts';
import { longestProbe } from './limits.ts';
import { probeFrom } from './pods.ts';

export const dnsLookup: Look<'dns.lookup'> = ({ cluster, from, name, type, timeout }, eyes, signal) =>
  probeFrom(eyes, cluster, from, { op: 'dns', name, type, timeout: Math.min(timeout, longestProbe) }, signal);
