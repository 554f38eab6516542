import type { Runtime } from '#runtime/runtime.ts';
import { figures } from './figures.ts';
import { type History, history } from './history.ts';
import { type Sockets, sockets } from './sockets.ts';

/** All that is known of how this server does. */
export interface Metrics {
  sockets: Sockets;
  history: History;
  /** For Prometheus. */
  contentType: string;
  text(): Promise<string>;
}

const known = new WeakMap<Runtime, Metrics>();

/** Of one runtime there is one; it begins to listen when it is first asked for, which the server does as it starts. */
export function metricsOf(runtime: Runtime): Metrics {
  const there = known.get(runtime);
  if (there !== undefined) return there;
  const open = sockets();
  const made = { sockets: open, history: history(runtime, open), ...figures(runtime, open) };
  known.set(runtime, made);
  return made;
}
