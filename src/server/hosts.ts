/** Where a request belongs, by its Host header alone (design §7). Null: nowhere, answer 421. */
export type Place =
  | { kind: 'site'; origin: string }
  /** `port` as it stands in addresses: `:4321`, or nothing. */
  | { kind: 'preview'; label: string; session: string; port: string };

const preview = /^([a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?)--([a-z0-9]{6,20})\.lab\.localhost$/;

/** The host at which a browser sees a preview: of its own for each session and program, and never the site's. */
export const previewHost = (label: string, session: string, port: string): string => `${label}--${session}.lab.localhost${port}`;

/** The router of a site served on loopback at `port`: exact names only, so that a rebound DNS name finds nothing. */
export function hostRouter(port: number): (host: string | undefined) => Place | null {
  const suffix = port === 80 ? '' : `:${port}`;
  const site = new Set(['localhost', '127.0.0.1', '[::1]'].map((name) => name + suffix));
  return (host) => {
    if (host === undefined) return null;
    if (site.has(host)) return { kind: 'site', origin: `http://${host}` };
    if (!host.endsWith(suffix)) return null;
    const match = preview.exec(host.slice(0, host.length - suffix.length));
    return match?.[1] && match[2] ? { kind: 'preview', label: match[1], session: match[2], port: suffix } : null;
  };
}
