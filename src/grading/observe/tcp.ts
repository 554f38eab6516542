import { z } from 'zod';
import { type From, inPod, observation, type Place, Problem, type Selection } from '../observation.ts';

export interface TcpOptions {
  /** Sent once the connection is open. */
  send?: string;
  /** Most bytes to read (at most 64 KiB); reading ends there, at the other side's end, or once `until` was read. 0 only connects. */
  read?: number;
  until?: string;
  /** For the whole exchange, in milliseconds. */
  timeout?: number;
}
type Exchange = { send: string; read: number; until: string | null; timeout: number };

export type TcpRequest =
  | ({ kind: 'tcp.connect'; cluster: string; from: From; host: string; port: number } & Exchange)
  | ({ kind: 'tcp.connectEach'; cluster: string; pods: Selection; port: number } & Exchange);

const exchange = ({ send = '', read = 0, until, timeout = 2000 }: TcpOptions): Exchange => ({ send, read, until: until ?? null, timeout });

/** `problem` is null when the connection was made, and what came is in `received` (bytes that are no UTF-8 as U+FFFD), even if time ran out while reading. */
const Answer = z.object({ problem: Problem, received: z.string() });

export const tcp = {
  /** One connection; null when its selection has no running pod to come from. */
  connect: (host: string, port: number, { from, cluster = 'main', ...options }: Place & TcpOptions & { from: From }) =>
    observation({ kind: 'tcp.connect', cluster, from, host, port, ...exchange(options) }, Answer.nullable()),

  /** One connection to every running pod of a selection, each from within its own network. */
  connectEach: (pods: Selection, port: number, { cluster = 'main', ...options }: Place & TcpOptions = {}) =>
    observation({ kind: 'tcp.connectEach', cluster, pods, port, ...exchange(options) }, z.array(Answer.extend(inPod))),
};
