import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Runtime } from '#runtime/runtime.ts';
import { type Sockets, socketKinds } from './sockets.ts';
import { type Stand, standOf } from './stand.ts';
import { followStarts } from './starts.ts';

const seconds = (milliseconds: number) => milliseconds / 1000;
const starts = [0.1, 0.25, 0.5, 0.7, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300];
const calls = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * What Slipway tells of itself in the text that Prometheus reads. Counters and histograms grow as things happen; what stands at the
 * moment is looked up when it is asked for. There are no names of people in it, and no ids but those of labs.
 */
export function figures({ context, store }: Runtime, sockets: Sockets) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const startSeconds = new Histogram({
    ...{ name: 'slipway_lab_start_seconds', help: 'From a lab’s start or reset, out of the line, until it was ready.' },
    ...{ labelNames: ['lab', 'way'] as const, buckets: starts, registers },
  });
  const phaseSeconds = new Histogram({
    ...{ name: 'slipway_lab_start_phase_seconds', help: 'Each phase of starts that ended well.' },
    ...{ labelNames: ['way', 'phase'] as const, buckets: starts, registers },
  });
  const ended = new Counter({
    ...{ name: 'slipway_lab_starts_total', help: 'Starts that came to their end.' },
    ...{ labelNames: ['way', 'outcome'] as const, registers },
  });
  const resumeSeconds = new Histogram({
    ...{ name: 'slipway_lab_resume_seconds', help: 'Until a paused lab went on.' },
    ...{ labelNames: ['lab'] as const, buckets: starts, registers },
  });
  const waitSeconds = new Histogram({
    ...{ name: 'slipway_queue_wait_seconds', help: 'From a start until it left the line.' },
    ...{ labelNames: ['lab'] as const, buckets: [0.1, 1, 5, 10, 30, 60, 120, 300, 600, 1800], registers },
  });
  const verdicts = new Counter({
    ...{ name: 'slipway_verdicts_total', help: 'Verdicts, by whether Check was pressed or it was seen by itself.' },
    ...{ labelNames: ['status', 'cause'] as const, registers },
  });
  const callSeconds = {
    engine: new Histogram({
      ...{ name: 'slipway_engine_call_seconds', help: 'Calls of the Docker engine, until their answer began.' },
      ...{ labelNames: ['call'] as const, buckets: calls, registers },
    }),
    store: new Histogram({
      ...{ name: 'slipway_store_call_seconds', help: 'Calls of the database, with the wait for their turn.' },
      ...{ labelNames: ['call'] as const, buckets: calls, registers },
    }),
  };
  const callErrors = {
    engine: new Counter({
      ...{ name: 'slipway_engine_errors_total', help: 'Calls of the Docker engine that it refused or did not answer.' },
      ...{ labelNames: ['call', 'kind'] as const, registers },
    }),
    store: new Counter({
      ...{ name: 'slipway_store_errors_total', help: 'Calls of the database that failed.' },
      ...{ labelNames: ['call', 'kind'] as const, registers },
    }),
  };
  const standing = gauges(registers);

  context.meter.follow(({ of, call, milliseconds, error }) => {
    callSeconds[of].observe({ call }, seconds(milliseconds));
    if (error !== null) callErrors[of].inc({ call, kind: error });
  });
  followStarts(context.hub, {
    started({ lab, way, outcome, milliseconds, phases }) {
      const by = way ?? 'unknown';
      ended.inc({ way: by, outcome });
      if (outcome !== 'ready') return;
      startSeconds.observe({ lab, way: by }, seconds(milliseconds));
      for (const { id, milliseconds: took } of phases) phaseSeconds.observe({ way: by, phase: id }, seconds(took));
    },
    resumed: ({ lab, milliseconds }) => resumeSeconds.observe({ lab }, seconds(milliseconds)),
    admitted: ({ lab, milliseconds }) => waitSeconds.observe({ lab }, seconds(milliseconds)),
  });
  context.hub.follow((_session, event) => {
    if (event.type === 'verdict') verdicts.inc({ status: event.data.verdict.status, cause: event.data.cause ?? 'check' });
  });

  return {
    contentType: registry.contentType,
    async text(): Promise<string> {
      const open = sockets.open();
      for (const kind of socketKinds) standing.sockets.set({ kind }, open[kind]);
      try {
        standing.set(await standOf({ context, store }));
      } catch (error) {
        context.log.warn({ err: error }, 'what stands could not be looked up for the figures');
        standing.set(null);
      }
      return await registry.metrics();
    },
  };
}

function gauges(registers: Registry[]) {
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) => new Gauge({ name, help, labelNames, registers });
  const up = gauge('slipway_store_up', 'Whether the database answered.');
  const sessions = gauge('slipway_sessions', 'Lab sessions that have not ended.', 'state');
  const queue = gauge('slipway_queue_length', 'Labs that wait to be made.');
  const oldest = gauge('slipway_queue_oldest_seconds', 'How long the first in line has waited.');
  const pool = gauge('slipway_pool_labs', 'Labs made before anybody asks.', 'lab', 'state');
  const poolBytes = gauge('slipway_pool_bytes', 'Memory for labs made before anybody asks.', 'kind');
  const captures = gauge('slipway_captures', 'Labs captured at their beginning.', 'state');
  const captureBytes = gauge('slipway_capture_bytes', 'What captures take on the engine’s disk.');
  return {
    sockets: gauge('slipway_sockets', 'Open connections; all of them are counted as http.', 'kind'),
    /** Null: nobody knows. A figure that is not known is not told as it was. */
    set(stand: Stand | null) {
      for (const each of [sessions, queue, oldest, pool, poolBytes, captures, captureBytes]) each.reset();
      up.set(stand === null ? 0 : 1);
      if (stand === null) for (const each of [queue, oldest, captureBytes]) each.set(Number.NaN);
      if (stand === null) return;
      for (const [state, count] of Object.entries(stand.sessions)) sessions.set({ state }, count);
      queue.set(stand.queue.length);
      oldest.set(seconds(Math.max(0, ...stand.queue.map(({ waited }) => waited))));
      for (const { lab, ready, making, wanted } of stand.pool.labs) {
        for (const [state, count] of Object.entries({ ready, making, wanted })) pool.set({ lab, state }, count);
      }
      poolBytes.set({ kind: 'budget' }, stand.pool.budgetBytes);
      poolBytes.set({ kind: 'used' }, stand.pool.usedBytes);
      for (const state of new Set(stand.pool.captures.map((one) => one.state))) {
        captures.set({ state }, stand.pool.captures.filter((one) => one.state === state).length);
      }
      captureBytes.set(stand.pool.captures.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0));
    },
  };
}
