import type { LabFile } from '#lab/lab-file.ts';
import { previewHost } from '../hosts.ts';

export type LabPreview = LabFile['previews'][number];

/** Where a preview is seen, and what it shows. */
export interface Spot {
  session: string;
  /** Of the site: `:4321`, or nothing. */
  port: string;
  own: LabPreview;
  /** All of the lab, the own one among them. */
  all: readonly LabPreview[];
}

const schemeOf = ({ tls }: LabPreview) => (tls ? 'https' : 'http');

/** The Host that the program expects. */
export function programHost({ hostHeader, host, port, tls }: LabPreview): string {
  if (hostHeader !== undefined) return hostHeader;
  return port === (tls ? 443 : 80) ? host : `${host}:${port}`;
}

/** The program's origin, as it knows itself. */
export const programOrigin = (preview: LabPreview): string => `${schemeOf(preview)}://${programHost(preview)}`;

/** The origin at which a browser sees it. */
export const seenOrigin = (spot: Spot, preview = spot.own): string => `http://${previewHost(preview.id, spot.session, spot.port)}`;

/** The preview of this lab whose address in the browser has this origin. */
export function previewSeenAt(spot: Spot, origin: string): LabPreview | undefined {
  return spot.all.find((preview) => seenOrigin(spot, preview) === origin);
}

/** Which preview of the lab an absolute address leads to, the own one first; null when none, or when the address is relative. */
export function previewBehind(spot: Spot, address: string): { preview: LabPreview; path: string } | null {
  if (!/^(https?:)?\/\//i.test(address)) return null;
  const url = URL.parse(address, programOrigin(spot.own));
  if (url === null) return null;
  const meant = [spot.own, ...spot.all].filter((preview) => answersTo(preview, url));
  const preview = meant.find((each) => `${schemeOf(each)}:` === url.protocol) ?? meant[0];
  return preview === undefined ? null : { preview, path: `${url.pathname}${url.search}${url.hash}` };
}

/** A program that knows nothing of ports leaves its own out: the address then has its scheme's. */
function answersTo(preview: LabPreview, url: URL): boolean {
  const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
  const named = (name: string, its: number) => url.hostname === name.toLowerCase() && (port === its || url.port === '');
  const [, name = '', given] = /^(.*?)(?::(\d+))?$/.exec(preview.hostHeader ?? '') ?? [];
  return named(preview.host, preview.port) || (name !== '' && named(name, Number(given ?? preview.port)));
}
