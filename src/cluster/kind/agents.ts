import { ClusterError, type LabRef, type Probe, type ProbePlace, type ProbeResults } from '../port.ts';
import { type Agent, agentOver } from './agent.ts';
import { messageOf } from './failures.ts';
import { longest, resultOf } from './probe-wire.ts';

/** A way to an agent that has said that it is there. */
export interface AgentLine {
  stream: Parameters<typeof agentOver>[0];
  /** Names it in messages. */
  name: string;
  /** Whether an open conversation keeps this process from ending. */
  keepAlive(on: boolean): void;
}

export interface Agents {
  probe<P extends Probe>(lab: LabRef, place: ProbePlace, probe: P, signal: AbortSignal): Promise<ProbeResults[P['op']]>;
  /** Ends conversations: of one lab (of one epoch, or of all when it is absent), or every one. */
  close(lab?: { instance: string; lab: string; epoch?: number }, why?: string): void;
}

const idleLimit = 60_000;
const startLimit = 15_000;

/**
 * One agent per place that is probed, begun at its first probe and ended when nothing was asked of it for a minute.
 * A probe whose agent ends in the middle is made once more, by a new one.
 */
export function agents(begin: (lab: LabRef, place: ProbePlace, signal: AbortSignal) => Promise<AgentLine>, idle = idleLimit): Agents {
  interface Entry {
    lab: LabRef;
    stop: AbortController;
    agent: Promise<Agent>;
  }
  const open = new Map<string, Entry>();

  function entryOf(lab: LabRef, place: ProbePlace): Entry {
    const key = JSON.stringify([lab.instance, lab.lab, lab.epoch, ...hostOf(place)]);
    const known = open.get(key);
    if (known) return known;
    const stop = new AbortController();
    const forget = () => void (open.get(key) === entry && open.delete(key));
    const entry: Entry = { lab, stop, agent: converse(lab, place, stop, forget) };
    open.set(key, entry);
    entry.agent.catch(forget);
    return entry;
  }

  async function converse(lab: LabRef, place: ProbePlace, stop: AbortController, forget: () => void): Promise<Agent> {
    const overdue = setTimeout(
      () => stop.abort(new ClusterError('deadline', 'The agent that probes could not be started in time.')),
      startLimit,
    );
    const line = await begin(lab, place, stop.signal)
      .catch((error: unknown) => {
        throw stop.signal.reason instanceof ClusterError ? stop.signal.reason : error;
      })
      .finally(() => clearTimeout(overdue));
    let timer: NodeJS.Timeout | undefined;
    const agent = agentOver(line.stream, line.name, ({ waiting, isOpen, close }) => {
      clearTimeout(timer);
      if (!isOpen) return forget();
      line.keepAlive(waiting > 0);
      if (waiting === 0) timer = setTimeout(close, idle).unref();
    });
    line.keepAlive(false);
    stop.signal.addEventListener('abort', () => agent.close(), { once: true });
    if (stop.signal.aborted) agent.close();
    return agent;
  }

  return {
    async probe(lab, place, probe, signal) {
      for (let attempt = 1; ; attempt += 1) {
        const agent = await unlessAborted(entryOf(lab, place).agent, signal);
        const reply = await asked(agent, place, probe, signal);
        if (reply === null && attempt === 1) continue;
        if (reply === null) {
          throw new ClusterError('engine', 'The agent that probes ended before it answered, twice.', {
            output: agent.ending && messageOf(agent.ending),
            cause: agent.ending,
          });
        }
        if ('error' in reply) throw new ClusterError(reply.error.code === 'no-pod' ? 'no-pod' : 'engine', sentence(reply.error));
        try {
          return resultOf(probe, reply.result);
        } catch (error) {
          throw new ClusterError('engine', 'The agent that probes answered in another form.', { output: messageOf(error), cause: error });
        }
      }
    },

    close(which, why = 'The lab is being removed.') {
      for (const [key, { lab, stop }] of open) {
        const isMeant =
          !which || (lab.instance === which.instance && lab.lab === which.lab && (which.epoch === undefined || lab.epoch === which.epoch));
        if (!isMeant) continue;
        open.delete(key);
        stop.abort(new ClusterError('gone', why));
      }
    },
  };
}

const hostOf = (place: ProbePlace): string[] =>
  place.kind === 'network' ? [] : place.kind === 'node' ? [place.cluster, place.hostname] : [place.cluster, place.node];

async function asked(agent: Agent, place: ProbePlace, probe: Probe, signal: AbortSignal) {
  try {
    return await agent.ask(place, probe, longest(probe), signal);
  } catch (error) {
    throwIfOver(signal, error);
    throw error;
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  throwIfOver(signal);
  const { promise, reject } = Promise.withResolvers<never>();
  const cut = () => reject(signal.reason);
  signal.addEventListener('abort', cut, { once: true });
  try {
    return await Promise.race([work, promise]);
  } catch (error) {
    throwIfOver(signal, error);
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
}

function throwIfOver(signal: AbortSignal, cause?: unknown): void {
  if (!signal.aborted) return;
  const isOverdue = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  throw new ClusterError(isOverdue ? 'deadline' : 'aborted', isOverdue ? 'The probe was not made in time.' : 'The probe was given up.', {
    cause: cause ?? signal.reason,
  });
}

const sentence = ({ code, message }: { code: string; message: string }) => `The probe could not be made (${code}): ${message}.`;
