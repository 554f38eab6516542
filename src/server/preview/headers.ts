import { cookieName } from '../cookie.ts';
import { previewBehind, previewSeenAt, programHost, programOrigin, type Spot, seenOrigin } from './spot.ts';

/** The cookie of a preview's own host that stands for who may see it. */
export const visitCookie = 'slipway-preview';

const ours = new Set([cookieName, visitCookie]);
/** Between two neighbours on the way only: we make our own. */
const ofTheHop = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What we say ourselves. */
const replaced = /^(host|expect|forwarded|x-forwarded-.*|x-real-ip)$/;
/** What would reach beyond this one host and port of the browser. */
const tooFar = new Set(['alt-svc', 'strict-transport-security', 'clear-site-data', 'public-key-pins']);

type Pair = [name: string, value: string];

function* pairs(raw: readonly string[]): Generator<[...Pair, lower: string]> {
  const listed = new Set<string>();
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() === 'connection') for (const name of (raw[at + 1] ?? '').split(',')) listed.add(name.trim().toLowerCase());
  }
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    const lower = name.toLowerCase();
    if (!ofTheHop.has(lower) && !listed.has(lower)) yield [name, value, lower];
  }
}

/** A browser's headers as the program gets them: as if it had been asked by its own name. Flat, as Node takes them. */
export function towardProgram(raw: readonly string[], spot: Spot, client: string): string[] {
  const out: string[] = ['Host', programHost(spot.own)];
  for (const [name, value, lower] of pairs(raw)) {
    if (replaced.test(lower)) continue;
    const kept = lower === 'cookie' ? theirCookies(value) : lower === 'origin' || lower === 'referer' ? asTheyKnow(value, spot) : value;
    if (kept !== '') out.push(name, kept);
  }
  const seen = new URL(seenOrigin(spot));
  return [...out, 'X-Forwarded-For', client, 'X-Forwarded-Host', seen.host, 'X-Forwarded-Proto', seen.protocol.slice(0, -1)];
}

/** The program's headers as the browser gets them: with addresses at which it can be seen, and nothing that concerns other hosts. */
export function towardBrowser(raw: readonly string[], spot: Spot): string[] {
  const out: string[] = [];
  for (const [name, value, lower] of pairs(raw)) {
    if (tooFar.has(lower)) continue;
    const kept = rewrites[lower]?.(value, spot) ?? value;
    if (kept !== '') out.push(name, kept);
  }
  return out;
}

const rewrites: Readonly<Record<string, (value: string, spot: Spot) => string>> = {
  location: asSeen,
  'content-location': asSeen,
  refresh: (value, spot) =>
    value.replace(/^(\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?)(["']?)(.*?)\2\s*$/i, (_all, start: string, quote: string, url: string) =>
      [start, quote, asSeen(url, spot), quote].join(''),
    ),
  'set-cookie': ownCookie,
  'access-control-allow-origin': (value, spot) => {
    const preview = spot.all.find((each) => programOrigin(each) === value);
    return preview === undefined ? value : seenOrigin(spot, preview);
  },
};

function asSeen(address: string, spot: Spot): string {
  const behind = previewBehind(spot, address.trim());
  return behind === null ? address : `${seenOrigin(spot, behind.preview)}${behind.path}`;
}

/** Of an Origin or Referer: the program's own name, or that of its neighbour. Nobody else's address is told. */
function asTheyKnow(address: string, spot: Spot): string {
  const url = URL.parse(address);
  if (url === null) return address === 'null' ? address : '';
  const preview = previewSeenAt(spot, url.origin);
  if (preview === undefined) return '';
  return address === url.origin ? programOrigin(preview) : `${programOrigin(preview)}${url.pathname}${url.search}`;
}

function theirCookies(header: string): string {
  const kept = header.split(';').filter((part) => !ours.has(part.split('=', 1)[0]?.trim() ?? ''));
  return kept.join(';').trim();
}

/**
 * A cookie that stays with the host that set it. The site speaks http, where browsers keep no `Secure` cookie for every name;
 * names with a prefix demand it and are left alone.
 */
function ownCookie(value: string): string {
  const [pair = '', ...attributes] = value.split(';');
  const name = pair.split('=', 1)[0]?.trim() ?? '';
  if (ours.has(name)) return '';
  const isPrefixed = /^__(host|secure)-/i.test(name);
  const dropped = isPrefixed ? /^\s*domain\s*(=|$)/i : /^\s*(domain\s*(=|$)|secure\s*$|partitioned\s*$|samesite\s*=\s*none\s*$)/i;
  return [pair, ...attributes.filter((attribute) => !dropped.test(attribute))].join(';');
}

/** Every value that a Cookie header gives our visit cookie: a neighbour may have set one of that name for the whole domain. */
export function visitTokens(header: string | undefined): string[] {
  const values = (header ?? '').split(';').map((part) => part.trim().split('=', 2));
  const tokens = values.flatMap(([name, value]) => (name === visitCookie && value && /^[\w-]{20,100}$/.test(value) ? [value] : []));
  return tokens.slice(0, 4);
}
