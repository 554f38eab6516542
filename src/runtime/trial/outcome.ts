import { z } from 'zod';
import type { KubeAnswer } from '#cluster/kube.ts';
import { Blind } from '../observe/blind.ts';

/** What the API server said to a change. `object` is what it answered when it accepted. */
export interface Outcome {
  accepted: boolean;
  status: number;
  /** The server's words when it refused: hostile text. */
  message: string;
  object: unknown;
}

/** The change was refused before it was made, for a reason that says nothing of the learner's work. */
export class NotMade extends Blind {
  override name = 'NotMade';
}

/** The prober lacks a right that the lab declares. */
export class Unprivileged extends NotMade {}

const Said = z.object({ message: z.string() });

/** Statuses by which the API server refuses an object or its circumstances. Any other says that we could not try. */
const refusals = new Set([400, 403, 404, 409, 410, 412, 413, 422]);
const webhook = /^admission webhook "/;
/** A webhook that cannot be called, and is not to be ignored then. */
const called = /^Internal error occurred: failed calling webhook /;
const unprivileged = [
  /^[^"]*(?:"[^"]*" )?is forbidden: User "slipway:prober" cannot /,
  /is attempting to grant RBAC permissions not currently held/,
];

/** Tells a refusal, which is a value, from not having been able to try, which throws `Blind`. */
export function outcomeOf({ status, body }: KubeAnswer, { webhooks }: { webhooks: boolean }): Outcome {
  if (status >= 200 && status < 300) return { accepted: true, status, message: '', object: body };
  const message = (Said.safeParse(body).data?.message ?? '').toWellFormed().slice(0, 2000);
  if (status === 401) throw new Unprivileged('the API server does not know the prober');
  const isWebhook = webhook.test(message);
  if (status === 403 && !isWebhook && unprivileged.some((pattern) => pattern.test(message))) throw new Unprivileged(message);
  if (isWebhook && webhooks && status < 500) return { accepted: false, status, message, object: null };
  if (isWebhook || called.test(message)) throw new NotMade(`a webhook of this cluster refused the trial: ${message}`.slice(0, 2000));
  if (refusals.has(status)) return { accepted: false, status, message, object: null };
  const Failure = status < 500 ? NotMade : Blind;
  throw new Failure(`the API server answered ${status} to the prober${message && `: ${message}`}`.slice(0, 2000));
}
