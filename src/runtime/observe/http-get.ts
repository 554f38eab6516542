import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { ClusterError, type ClusterErrorCode, type ClusterProvider, type DialTarget, type LabRef } from '#cluster/port.ts';

/** What came back, in the form that `http` observations have. */
export interface Answer {
  status: number | null;
  problem: 'refused' | 'unreachable' | 'no-name' | 'timeout' | 'broken' | null;
  body: unknown;
}

const largestBody = 256 * 1024;
const silence = (problem: Answer['problem']): Answer => ({ status: null, problem, body: null });

/** How a target may answer a dial. Anything else means that we could not try. */
const refusals: Partial<Record<ClusterErrorCode, Answer['problem']>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  unanswered: 'timeout',
  'no-name': 'no-name',
};

/** One GET without redirects. What the target does is an answer; throws only when we could not try. */
export async function httpGet(
  { provider, ref }: { provider: Pick<ClusterProvider, 'dial'>; ref: LabRef },
  target: DialTarget,
  url: URL,
  timeout: number,
  signal: AbortSignal,
): Promise<Answer> {
  let connection: Duplex;
  try {
    connection = await provider.dial(ref, target, signal);
  } catch (error) {
    const problem = error instanceof ClusterError ? refusals[error.code] : undefined;
    if (problem) return silence(problem);
    throw error;
  }
  try {
    return await exchange(connection, url, timeout, signal);
  } finally {
    connection.destroy();
  }
}

function exchange(connection: Duplex, url: URL, timeout: number, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeout);
    const call = request({
      createConnection: () => connection,
      host: url.hostname,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: 'application/json', 'user-agent': 'slipway', connection: 'close' },
      signal: AbortSignal.any([late, signal]),
    });
    const fail = (error: Error) => (signal.aborted ? reject(error) : resolve(silence(late.aborted ? 'timeout' : 'broken')));
    call.on('error', fail);
    call.on('response', (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size <= largestBody) parts.push(part);
        else response.destroy(new Error('the answer is too long'));
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? null, problem: null, body: json(Buffer.concat(parts).toString('utf8')) }),
      );
    });
    call.end();
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Not JSON: an answer without a body that a grader could read.
  }
}
