import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { SessionState } from '#lab/session.ts';

export type RefusalCode =
  | 'used'
  | 'no-visit'
  | 'no-preview'
  | 'elsewhere'
  | 'method'
  | 'too-many'
  | 'not-listening'
  | 'silent'
  | 'not-http'
  | 'no-tls'
  | 'away'
  | 'internal'
  | Exclude<SessionState, 'ready'>;

interface Words {
  status: number;
  title: string;
  text: string;
  /** Whether loading it again may help. */
  again?: true;
}

const back = 'Go back to the lesson and open the preview from there.';

/** All that a preview says in its own name. `PROGRAM` is the address the program should listen at. */
const words: Readonly<Record<RefusalCode, Words>> = {
  used: { status: 401, title: 'This link was for one use', text: `It was used already, or is older than half a minute. ${back}` },
  'no-visit': { status: 401, title: 'This preview opens from its lesson', text: back },
  'no-preview': { status: 404, title: 'There is no such preview', text: `It is not one of your lab’s programs. ${back}` },
  elsewhere: { status: 403, title: 'This request came from another site', text: `A preview answers its own pages only. ${back}` },
  method: { status: 405, title: 'A preview is opened by a link', text: back },
  'too-many': {
    status: 429,
    title: 'Too many requests at once',
    text: 'This lab’s previews have too many open connections. Close a tab, then load it again.',
    again: true,
  },
  queued: { status: 409, title: 'The lab waits for its turn', text: 'Load this page again once the lab is ready.', again: true },
  starting: { status: 409, title: 'The lab is being made', text: 'Load this page again once the lab is ready.', again: true },
  paused: { status: 409, title: 'The lab is paused', text: 'Resume it beside its lesson, then load this page again.', again: true },
  ending: { status: 409, title: 'The lab is ending', text: 'Start it again beside its lesson.' },
  ended: { status: 409, title: 'The lab has ended', text: 'Start it again beside its lesson.' },
  failed: { status: 409, title: 'The lab could not be made', text: 'Its lesson says why, and starts it again.' },
  crashed: { status: 409, title: 'The lab was lost', text: 'Its lesson says why, and starts it again.' },
  'not-listening': {
    status: 502,
    title: 'Nothing listens there yet',
    text: 'No program of the lab takes connections at PROGRAM. Once it runs, load this page again.',
    again: true,
  },
  silent: {
    status: 504,
    title: 'The program did not answer in time',
    text: 'Something may be in the way of PROGRAM, or it hangs.',
    again: true,
  },
  'not-http': { status: 502, title: 'The program broke off', text: 'PROGRAM gave no whole answer in HTTP.', again: true },
  'no-tls': { status: 502, title: 'The program speaks no TLS', text: 'No encrypted connection to PROGRAM could be made.', again: true },
  away: {
    status: 503,
    title: 'The lab cannot be reached',
    text: 'Its lesson says how it is. Load this page again in a moment.',
    again: true,
  },
  internal: { status: 500, title: 'Something went wrong on the server', text: 'Its log has the details.', again: true },
};

/** Why a preview shows nothing. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  readonly lesson: string | undefined;
  readonly program: string | undefined;

  constructor(code: RefusalCode, more: { lesson?: string | undefined; program?: string; cause?: unknown } = {}) {
    super(words[code].title, { cause: more.cause });
    this.code = code;
    this.status = words[code].status;
    this.lesson = more.lesson;
    this.program = more.program;
  }
}

const style = `
:root { color-scheme: light dark; font: 1.0625rem/1.6 system-ui, sans-serif; }
body { margin: 0; min-height: 90vh; display: grid; place-content: center; padding: 1.5rem; }
main { max-width: 34rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; }
a { color: inherit; text-underline-offset: .2em; margin-inline-end: 1.25rem; }
code { font-size: .9375em; }
`;
const styleHash = createHash('sha256').update(style).digest('base64');

/** A refusal as a page that says what to do, or as a line where no page is asked for. */
export function refusalAnswer(refusal: Refusal, request: IncomingMessage, site: string): { headers: Record<string, string>; body: string } {
  const { title, text, again } = words[refusal.code];
  const program = refusal.program ?? 'the program’s address';
  const base = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(refusal.status === 429 || refusal.status === 503 ? { 'retry-after': '5' } : {}),
  };
  if (!(request.headers.accept ?? '').includes('text/html')) {
    const body = `${title}. ${text.replace('PROGRAM', program)}\n`;
    return { headers: { ...base, 'content-type': 'text/plain; charset=utf-8', 'content-length': `${Buffer.byteLength(body)}` }, body };
  }
  const lesson = refusal.lesson === undefined ? site : `${site}/lessons/${refusal.lesson}`;
  const links = [
    ...(again ? ['<a href="">Load it again</a>'] : []),
    `<a href="${lesson}">${refusal.lesson === undefined ? 'To the course' : 'To the lesson'}</a>`,
  ];
  const body = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>
<body><main><h1>${title}</h1><p>${text.replace('PROGRAM', `<code>${escaped(program)}</code>`)}</p><p>${links.join('')}</p></main></body>
</html>
`;
  return {
    headers: {
      ...base,
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'content-type': 'text/html; charset=utf-8',
      'content-length': `${Buffer.byteLength(body)}`,
    },
    body,
  };
}

const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);
