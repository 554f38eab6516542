import type Dockerode from 'dockerode';
import { engineMessages } from './progress.ts';

const firstAnswer = 20_000;
const whole = 20 * 60_000;

/** Pulls an image. A registry that does not answer at all is given up soon; one that does may take its time. */
export async function pull(docker: Dockerode, reference: string, tell: (detail: string) => void, signal: AbortSignal): Promise<void> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new DOMException('the registry did not answer', 'TimeoutError')), firstAnswer);
  const both = AbortSignal.any([signal, silent.signal, AbortSignal.timeout(whole)]);
  try {
    const stream = await docker.pull(reference, { abortSignal: both });
    for await (const message of engineMessages(stream)) {
      clearTimeout(timer);
      if (message.error !== undefined) throw new Error(message.error);
      if (message.status) tell([message.id, message.status, message.progress].filter(Boolean).join(' '));
    }
  } finally {
    clearTimeout(timer);
  }
}
