import type { IncomingMessage } from 'node:http';

/**
 * Whether a browser sent this request for a page of another site: such a page may lead people here, and nothing else. It may not
 * read or change anything, nor show our pages in its own. A preview's host is another site.
 */
export function isFromOtherSite({ method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== 'cross-site' && site !== 'same-site') return false;
  const leadsHere = method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return !leadsHere || /^\/+api(?![\w-])/i.test(url ?? '');
}
