import type { Phase, Store } from '#store/port.ts';

export interface StartTime {
  /** Milliseconds. */
  p50: number;
  p90: number;
}

const runsRemembered = 12;
/** Only a lab that was there before has this phase. */
const resetPhase = 'clear-away';

/** What a whole start of this lab took on this host, and a whole reset, from its newest good runs; null when there was none. */
export async function startTimes(store: Store, lab: string): Promise<{ start: StartTime | null; reset: StartTime | null }> {
  const sessions = await store.sessions.list({ lab });
  const runs = await Promise.all(sessions.slice(0, runsRemembered).map((session) => store.phases.list(session.id, session.epoch)));
  const [resets = [], starts = []] = [true, false].map((wanted) =>
    runs.filter((phases) => phases.some(({ id }) => id === resetPhase) === wanted).flatMap((phases) => wholeTime(phases) ?? []),
  );
  return { start: typical(starts), reset: typical(resets) };
}

/** From the first phase's beginning to the last one's end: phases overlap, so their sum would be too long. Null unless all are done. */
export function wholeTime(phases: readonly Phase[]): number | null {
  const begins: number[] = [];
  const ends: number[] = [];
  for (const { state, startedAt, milliseconds } of phases) {
    if (state !== 'done' || startedAt === null || milliseconds === null) return null;
    begins.push(Date.parse(startedAt));
    ends.push(Date.parse(startedAt) + milliseconds);
  }
  return begins.length === 0 ? null : Math.max(...ends) - Math.min(...begins);
}

function typical(times: readonly number[]): StartTime | null {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1];
  const [p50, p90] = [at(0.5), at(0.9)];
  return p50 === undefined || p90 === undefined ? null : { p50, p90 };
}
