import type { Duplex } from 'node:stream';
import { ClusterError, type Probe, type ProbePlace } from '../port.ts';
import { Reply } from './probe-wire.ts';

/** One conversation with the gateway's agent: many probes at once, told apart by number. */
export interface Agent {
  /**
   * Null when the conversation ended before the answer came. Throws when the signal fires, and when no answer came within so many
   * milliseconds of the probe's turn; one that says nothing at all in that time is ended.
   */
  ask(place: ProbePlace, probe: Probe, within: number, signal: AbortSignal): Promise<Reply | null>;
  readonly isOpen: boolean;
  /** Probes that wait for an answer. */
  readonly waiting: number;
  close(why?: Error): void;
  /** Why the conversation ended, once it has. */
  readonly ending: Error | undefined;
}

/** Probes an agent is given at once, fewer than it takes: what waits here waits outside its time. */
const mostAtOnce = 48;

/** Longest line of an agent, in bytes: all its bodies and files in base64. */
const longestLine = 8 * 1024 * 1024;

/** Speaks over a stream whose first line has been read. `onChange` is called when a probe begins or ceases to wait, and at the end. */
export function agentOver(stream: Duplex, name: string, onChange: (agent: Agent) => void = () => undefined): Agent {
  const waiting = new Map<number, (reply: Reply | null) => void>();
  const takeTurn = turns(mostAtOnce);
  let last = 0;
  let heard = 0;
  let isOpen = true;
  let ending: Error | undefined;
  let parts: Buffer[] = [];
  let size = 0;

  const agent: Agent = {
    get isOpen() {
      return isOpen;
    },
    get waiting() {
      return waiting.size;
    },
    get ending() {
      return ending;
    },
    close(why) {
      if (!isOpen) return;
      isOpen = false;
      ending = why;
      parts = [];
      stream.destroy();
      for (const settle of [...waiting.values()]) settle(null);
      onChange(agent);
    },
    async ask(place, probe, within, signal) {
      signal.throwIfAborted();
      const endTurn = await takeTurn(signal);
      try {
        return isOpen ? await exchange(place, probe, within, signal) : null;
      } finally {
        endTurn();
      }
    },
  };

  async function exchange(place: ProbePlace, probe: Probe, within: number, signal: AbortSignal): Promise<Reply | null> {
    last += 1;
    const id = last;
    const { promise, resolve, reject } = Promise.withResolvers<Reply | null>();
    const cut = () => reject(signal.reason);
    const before = heard;
    const overdue = setTimeout(() => {
      const late = new ClusterError('deadline', `The agent in ${name} did not answer in time.`);
      reject(late);
      if (heard === before) agent.close(late);
    }, within);
    waiting.set(id, resolve);
    signal.addEventListener('abort', cut, { once: true });
    onChange(agent);
    stream.write(`${JSON.stringify({ id, place, probe })}\n`);
    try {
      return await promise;
    } finally {
      clearTimeout(overdue);
      waiting.delete(id);
      signal.removeEventListener('abort', cut);
      onChange(agent);
    }
  }

  const broken = (what: string, output?: string) => agent.close(new ClusterError('engine', `The agent in ${name} ${what}.`, { output }));

  function take(line: string) {
    let reply: Reply;
    try {
      reply = Reply.parse(JSON.parse(line));
    } catch {
      return broken('answered something that is not its protocol', line.slice(0, 500));
    }
    heard += 1;
    // One whose asker has stopped waiting is not missed.
    waiting.get(reply.id)?.(reply);
  }

  stream.on('data', (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); isOpen && end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString();
      parts = [];
      size = 0;
      rest = rest.subarray(end + 1);
      take(line);
    }
    if (!isOpen || rest.length === 0) return;
    parts.push(rest);
    size += rest.length;
    if (size > longestLine) broken(`answered with more than ${longestLine} bytes`);
  });
  stream.on('error', (error) => agent.close(error));
  stream.on('end', () => broken('ended'));
  stream.on('close', () => broken('ended'));
  stream.resume();
  return agent;
}

/** Lets so many through at once, the others as those end, first come first served. A turn is ended by what it answers with. */
function turns(most: number): (signal: AbortSignal) => Promise<() => void> {
  const queue: (() => void)[] = [];
  let taken = 0;
  const end = () => {
    const next = queue.shift();
    if (next) next();
    else taken -= 1;
  };
  return async (signal) => {
    if (taken < most) {
      taken += 1;
      return end;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cut = () => {
      const at = queue.indexOf(resolve);
      if (at >= 0) queue.splice(at, 1);
      reject(signal.reason);
    };
    queue.push(resolve);
    signal.addEventListener('abort', cut, { once: true });
    await promise.finally(() => signal.removeEventListener('abort', cut));
    return end;
  };
}
