/** Where a request belongs, by its Host header alone (design §7). Null: nowhere, answer 421. */
export type Place = { kind: 'site'; origin: string } | { kind: 'preview'; label: string; lab: string };

const preview = /^([a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?)--([a-z0-9]{6,20})\.lab\.localhost$/;

/** The router of a site served on loopback at `port`: exact names only, so that a rebound DNS name finds nothing. */
export function hostRouter(port: number): (host: string | undefined) => Place | null {
  const suffix = port === 80 ? '' : `:${port}`;
  const site = new Set(['localhost', '127.0.0.1', '[::1]'].map((name) => name + suffix));
  return (host) => {
    if (host === undefined) return null;
    if (site.has(host)) return { kind: 'site', origin: `http://${host}` };
    if (!host.endsWith(suffix)) return null;
    const match = preview.exec(host.slice(0, host.length - suffix.length));
    return match?.[1] && match[2] ? { kind: 'preview', label: match[1], lab: match[2] } : null;
  };
}
