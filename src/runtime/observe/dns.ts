import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const dnsLookup: Look<'dns.lookup'> = async () => {
  throw new Blind('dns.lookup is not built yet');
};
