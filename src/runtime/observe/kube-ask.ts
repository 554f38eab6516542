import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Kube, KubeAnswer } from '#cluster/kube.ts';
import { Blind } from './blind.ts';
import { shared } from './shared.ts';

/** Largest answer of the API server that is read, in bytes. */
export const largestAnswer = 8 * 1024 * 1024;

export interface Asking {
  signal: AbortSignal;
  maxBytes?: number;
  /** Makes it a POST of this body. */
  send?: unknown;
}

/** One request to an API server as the grader; any status is an answer. */
export type Ask = (path: string, asking: Asking) => Promise<KubeAnswer>;

export interface Repair {
  /** Writes the grader's role again. */
  repair: (signal: AbortSignal) => Promise<void>;
  /** Told of each repair and of each that failed, in a sentence. */
  onRepair?: (note: string) => void;
}

/** An authorizer needs a moment to see a new role: how long is waited before each new attempt, in milliseconds. */
const patience = [0, 50, 200, 500];
const repairLimit = 6000;
/** How long a repair that failed or did not help is not tried again, in milliseconds. */
const restAfterFailure = 15_000;

/**
 * Asks, and when the grader is refused has its role repaired once and asks again. Many that are refused at once share one
 * repair. Throws `Blind` with both reasons when the role could not be repaired.
 */
export function kubeAsk(client: Pick<Kube, 'get' | 'send'>, { repair, onRepair = () => {} }: Repair): Ask {
  let repairedAt = Number.NEGATIVE_INFINITY;
  let failed: { until: number; reason: string } | null = null;
  const useless = new Map<string, number>();

  const mend = shared(repairLimit, async (signal) => {
    try {
      await repair(signal);
      repairedAt = performance.now();
      onRepair('the grader was refused and its role was written again');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failed = { until: performance.now() + restAfterFailure, reason };
      onRepair(`the grader was refused and its role could not be written again: ${reason}`);
    }
  });

  return async (path, { signal, maxBytes = largestAnswer, send }) => {
    const request = () =>
      send === undefined ? client.get(path, { signal, maxBytes }) : client.send('POST', path, send, { signal, maxBytes });
    const began = performance.now();
    let answer = await request();
    const [what = path] = path.split('?');
    if (answer.status !== 403 || isByAdmission(answer)) return answer;
    // The role names API groups one by one: of a group that is not served the grader hears that it may not see it.
    const version = /^\/apis\/[^/]+\/[^/]+(?=\/)/.exec(what)?.[0];
    if (version !== undefined) {
      const served = await client.get(version, { signal, maxBytes });
      if (served.status === 404) return served;
    }
    if ((useless.get(what) ?? 0) > began) return answer;

    if (repairedAt < began && !(failed && failed.until > began)) {
      failed = null;
      await mend(signal);
    }
    if (failed) throw new Blind(`${refusal(answer)}; its role could not be repaired: ${failed.reason}`);
    for (const wait of patience) {
      await delay(wait, undefined, { signal });
      answer = await request();
      if (answer.status !== 403) return answer;
    }
    useless.set(what, performance.now() + restAfterFailure);
    return answer;
  };
}

/** What the API server said instead of an answer, as a reason why we could not look. */
export const refusal = ({ status, body }: KubeAnswer) => `the API server answered ${status} to the grader${messageIn(body)}`;

const Said = z.object({ message: z.string() });
const messageIn = (body: unknown) => {
  const said = Said.safeParse(body);
  return said.success ? `: ${said.data.message.slice(0, 300)}` : '';
};

/** A webhook or a policy that says no: rights would not help. */
const isByAdmission = ({ body }: KubeAnswer) =>
  /admission webhook|ValidatingAdmissionPolicy/.test(Said.safeParse(body).data?.message ?? '');
