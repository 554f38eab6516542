/** A request that was refused or did not arrive, in words for the learner. */
export class LabProblem extends Error {
  override name = 'LabProblem';
  /** The server's code, or `offline`. */
  readonly code: string;
  readonly advice: string | undefined;
  /** The field of the request that was refused, e.g. `answers.port`. */
  readonly field: string | undefined;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter: number | undefined;

  constructor(
    code: string,
    message: string,
    more: { advice?: string | undefined; field?: string | undefined; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.advice = more.advice;
    this.field = more.field;
    this.retryAfter = more.retryAfter;
  }
}

/** How far this browser's clock is behind the server's, in ms, as of the last answer. Phases begin by the server's clock. */
export let clockSkew = 0;

/** Asks the site's own API and answers its JSON. Throws `LabProblem`. Gives up after `timeout` ms. */
export async function request<T>(path: string, body?: object, timeout = 15_000): Promise<T> {
  const response = await reach(path, body, timeout);
  const date = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isNaN(date)) clockSkew = date - Date.now();
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer as T;
  throw refusal(response, answer);
}

async function reach(path: string, body: object | undefined, timeout: number): Promise<Response> {
  const signal = AbortSignal.timeout(timeout);
  const sending = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal };
  try {
    return await fetch(path, body === undefined ? { signal } : sending);
  } catch (cause) {
    if (signal.aborted) {
      throw new LabProblem('timeout', 'The server did not answer in time.', { advice: 'It may be busy: try again in a moment.', cause });
    }
    const advice = navigator.onLine
      ? 'Is Slipway still running? Look at the terminal you started it in.'
      : 'This computer is offline. The lesson can still be read.';
    throw new LabProblem('offline', 'The server cannot be reached.', { advice, cause });
  }
}

function refusal(response: Response, answer: unknown): LabProblem {
  const error = isRecord(answer) && isRecord(answer['error']) ? answer['error'] : {};
  const text = (key: string) => (typeof error[key] === 'string' ? error[key] : undefined);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new LabProblem(text('code') ?? 'unknown', text('message') ?? `The server answered ${response.status} without saying why.`, {
    advice: text('advice'),
    field: text('field'),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
  });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
