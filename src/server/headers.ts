import type { IncomingMessage, ServerResponse } from 'node:http';

/** No inline script, nothing from elsewhere. Styles may be inline: xterm sets its own. */
const policy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
/** The search runs as WebAssembly in a worker of its own, which takes its policy from its own answer. */
const searchPolicy = `${policy}; script-src 'self' 'wasm-unsafe-eval'`;
const searchWorker = '/pagefind/pagefind-worker.js';

/** Set before Astro answers, so that prerendered pages and assets carry them too. */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse): void {
  const isSearch = request.url?.split('?')[0] === searchWorker;
  response.setHeader('content-security-policy', isSearch ? searchPolicy : policy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
}
