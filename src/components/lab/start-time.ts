import type { StartWay } from '#lab/session.ts';
import type { Store } from '#store/port.ts';

/** What whole starts took, in milliseconds. */
export interface StartTime {
  p50: number;
  p90: number;
}

/** By way; a way by which this lab was never made on this host is left out. A reset takes what a start does. */
export type StartTimes = Partial<Record<StartWay, StartTime>>;

/** What starts of this lab took on this host, and what the next one will take; null when no lab was made that way yet. */
export async function startTimes(
  store: Pick<Store, 'measures' | 'instances' | 'captures'>,
  lab: { id: string; version: string },
): Promise<{ times: StartTimes; next: StartTime | null }> {
  const [measures, way] = await Promise.all([store.measures.of(lab.id), nextWay(store, lab)]);
  const time = (kind: StartWay): StartTimes => {
    const measured = measures[`start-${kind}`];
    return measured ? { [kind]: { p50: measured.p50, p90: measured.p90 } } : {};
  };
  const times = { ...time('warm'), ...time('restored'), ...time('cold') };
  return { times, next: times[way] ?? null };
}

async function nextWay(store: Pick<Store, 'instances' | 'captures'>, lab: { id: string; version: string }): Promise<StartWay> {
  const isOfLab = (row: { lab: string; labVersion: string }) => row.lab === lab.id && row.labVersion === lab.version;
  const spares = await store.instances.list();
  if (spares.some((row) => isOfLab(row) && row.intent === 'spare' && row.readyAt !== null)) return 'warm';
  const captures = await store.captures.list();
  return captures.some((row) => isOfLab(row) && row.state === 'good') ? 'restored' : 'cold';
}
