import { freemem, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Status, statuses } from '#grading/verdict.ts';
import type { Runtime } from '#runtime/runtime.ts';
import type { SocketKind, Sockets } from './sockets.ts';
import { standOf } from './stand.ts';
import { followStarts, type StartSeen } from './starts.ts';

/** How the machine was at a moment; numbers of one round are of the time since the round before. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  ready: number;
  paused: number;
  starting: number;
  waiting: number;
  spares: number;
  freeBytes: number;
  /** Programs that run or want to, as in `uptime`. */
  load: number;
  /** Milliseconds for which the server answered nobody, at worst. */
  lag: number;
  /** Milliseconds of the slowest of twenty calls, of those that do not wait by their nature. */
  engine: number;
  sockets: Readonly<Record<SocketKind, number>>;
  /** How many verdicts there were of each kind. */
  verdicts: Readonly<Record<Status, number>>;
}

/** Some hours of samples and the latest starts, in memory alone: for the eye, not for the record. */
export interface History {
  samples(): readonly Sample[];
  /** Newest first. */
  starts(): readonly StartSeen[];
  /** Takes a sample now. */
  sample(): Promise<void>;
}

export const everyMilliseconds = 10_000;
const keptSamples = (6 * 60 * 60_000) / everyMilliseconds;
const keptStarts = 300;
/** The delay of the event loop is told with the time between two looks at it. */
const lagResolution = 10;
/** Calls that last as long as what they watch. */
const lasting = /wait|attach|logs|events|build|archive|stats|load|start/;

export function history(runtime: Pick<Runtime, 'context' | 'store'>, sockets: Sockets): History {
  const { context } = runtime;
  const samples: Sample[] = [];
  const starts: StartSeen[] = [];
  let engine: number[] = [];
  let verdicts = noVerdicts();
  const lag = monitorEventLoopDelay({ resolution: lagResolution });
  lag.enable();

  context.meter.follow(({ of, call, milliseconds }) => {
    if (of === 'engine' && !lasting.test(call)) engine.push(milliseconds);
  });
  context.hub.follow((_session, event) => {
    if (event.type === 'verdict') verdicts[event.data.verdict.status] += 1;
  });
  followStarts(context.hub, {
    started(start) {
      starts.unshift(start);
      starts.splice(keptStarts);
    },
    resumed() {},
    admitted() {},
  });

  async function sample(): Promise<void> {
    const { sessions, queue, pool } = await standOf(runtime);
    const worst = Math.max(0, lag.max / 1e6 - lagResolution);
    lag.reset();
    const calls = engine.sort((a, b) => a - b);
    engine = [];
    const since = verdicts;
    verdicts = noVerdicts();
    samples.push({
      at: Date.now(),
      ready: sessions.ready,
      paused: sessions.paused,
      starting: sessions.starting,
      waiting: queue.length,
      spares: pool.labs.reduce((sum, { ready }) => sum + ready, 0),
      freeBytes: freemem(),
      load: loadavg()[0] ?? 0,
      lag: Number.isFinite(worst) ? worst : 0,
      engine: calls[Math.floor(calls.length * 0.95)] ?? 0,
      sockets: sockets.open(),
      verdicts: since,
    });
    samples.splice(0, samples.length - keptSamples);
  }

  // A round that could not be taken is a gap; the log has why.
  const round = setInterval(() => {
    sample().catch((error: unknown) => context.log.debug({ err: error }, 'a sample of this machine could not be taken'));
  }, everyMilliseconds);
  round.unref();
  return { samples: () => samples, starts: () => starts, sample };
}

const noVerdicts = () => Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
