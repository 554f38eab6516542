import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const loopback = /^(127\.|::1$|::ffff:127\.)/;
/** What proxies add: the address of the connection is then the proxy's. */
const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Whether who asks may read the figures: with the token where one is set, else as a program of this machine. A browser's page and
 * what comes through a proxy never are: both look as if they came from here.
 */
export function mayReadMetrics(headers: IncomingHttpHeaders, address: string | undefined, token: string | undefined): boolean {
  if (token !== undefined) return isSame(/^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '', token);
  if (address === undefined || !loopback.test(address)) return false;
  if (forwarded.some((name) => headers[name] !== undefined)) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'none' || site === 'same-origin';
}

/** In a time that tells nothing of either. */
function isSame(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
