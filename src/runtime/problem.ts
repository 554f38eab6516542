import { ClusterError } from '#cluster/port.ts';
import { StoreError } from '#store/port.ts';

/** A refusal with its HTTP status: what is wrong, which field, and what to do. Made anywhere, answered at the edge. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503;
  readonly code: string;
  readonly advice: string | undefined;
  readonly field: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    status: Problem['status'],
    code: string,
    message: string,
    more: { advice?: string | undefined; field?: string | undefined; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.advice = more.advice;
    this.field = more.field;
    this.retryAfter = more.retryAfter;
  }
}

/** Any error as a refusal; one that nobody foresaw is a 500 whose details stay in the log. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError && ['busy', 'full', 'unreachable'].includes(error.code)) {
    return new Problem(503, `store-${error.code}`, error.message, { retryAfter: 5, cause: error });
  }
  if (error instanceof ClusterError) {
    return new Problem(503, error.code, error.message, { advice: error.advice, retryAfter: 10, cause: error });
  }
  return new Problem(500, 'internal', 'Something went wrong on the server; its log has the details.', { cause: error });
}

/** Why a lab could not be made, as a session keeps it and its page shows it. */
export function reasonOf(error: unknown): { code: string; message: string; advice?: string } {
  if (error instanceof ClusterError) {
    return { code: error.code, message: error.message, ...(error.advice ? { advice: error.advice } : {}) };
  }
  const problem = asProblem(error);
  return { code: problem.code, message: problem.message, ...(problem.advice ? { advice: problem.advice } : {}) };
}
