import { ClusterError } from '#cluster/port.ts';
import { tail } from './progress.ts';

/** A step of a build that failed, in the words of `ClusterError`. */
export function buildFailure(
  image: string,
  step: { step: number; of: number; command: string },
  output: readonly string[],
  cause: unknown,
) {
  const text = `${tail(output, 200)}\n${messageOf(cause)}`;
  const at = step.of > 0 ? `step ${step.step} of ${step.of}` : 'its first step';
  return new ClusterError(
    /no space left on device/i.test(text) ? 'no-space' : 'step-failed',
    `The image ${image} could not be built: ${at} failed.`,
    { step: `images/${image}`, command: step.command, output: tail([...output, messageOf(cause)]), advice: advice(text), cause },
  );
}

/** A rejection of dockerode, or of an aborted wait, in the words of `ClusterError`. */
export function engineFailure(doing: string, error: unknown, signal: AbortSignal): ClusterError {
  if (error instanceof ClusterError) return error;
  if (signal.aborted) {
    const late = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
    return new ClusterError(late ? 'deadline' : 'aborted', `${doing} ${late ? 'took too long and was given up' : 'was stopped'}.`, {
      cause: error,
    });
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new ClusterError('deadline', `${doing} was given up: the container engine did not answer.`, { cause: error });
  }
  const code = (error as { code?: unknown }).code;
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'EACCES') {
    return new ClusterError('no-engine', `${doing} needs a container engine, and none answers.`, {
      output: messageOf(error),
      advice: code === 'EACCES' ? 'You may not use its socket: join the group `docker`, or run as root.' : 'Start Docker, then try again.',
      cause: error,
    });
  }
  return new ClusterError('engine', `${doing} failed in the container engine.`, { output: messageOf(error), cause: error });
}

export function messageOf(error: unknown): string {
  const json = (error as { json?: { message?: unknown } } | null)?.json?.message;
  if (typeof json === 'string') return json;
  return error instanceof Error ? error.message : String(error);
}

const causes: readonly [RegExp, string][] = [
  [/no space left on device/i, "The engine's disk is full: free some space, or run `./slipway images prune`."],
  [
    /certificate signed by unknown authority|certificate verify failed|unable to get local issuer/i,
    "A server's certificate is not trusted: name your organisation's bundle in SSL_CERT_FILE or NODE_EXTRA_CA_CERTS.",
  ],
  [
    /temporary failure resolving|could not resolve|no such host|name resolution|network is unreachable|i\/o timeout|connection refused/i,
    'A package server could not be reached: check the network, and HTTP_PROXY, HTTPS_PROXY and NO_PROXY.',
  ],
  [/checksum mismatch|not in sumdb|sum\.golang\.org/i, 'A Go module could not be verified: check GOPROXY, GONOSUMDB and GOFLAGS.'],
];

function advice(text: string): string {
  return (
    causes.find(([pattern]) => pattern.test(text))?.[1] ?? 'What is already built is kept: mend the cause and run the same command again.'
  );
}
