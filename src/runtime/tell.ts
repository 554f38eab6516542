import type { LabSession } from '#store/port.ts';
import { type Context, tellLog } from './context.ts';

/** What may happen to a lab, as its log keeps it. */
export type Happening =
  | 'started'
  | 'ready'
  | 'failed'
  | 'paused'
  | 'resumed'
  | 'mended'
  | 'extended'
  | 'reset'
  | 'crashed'
  | 'ended'
  | 'turned'
  | 'disk';

/** Writes a sentence into the lab's log. What happened has happened: a log that cannot be written does not undo it. */
export async function tell(context: Context, session: Pick<LabSession, 'id' | 'epoch'>, kind: Happening, text: string): Promise<void> {
  try {
    await tellLog(context, session, kind, text);
  } catch (error) {
    context.log.warn({ err: error, session: session.id, kind, text }, 'what happened to a lab could not be written into its log');
  }
}

/** A length of time in a sentence: `8 seconds`, `2 minutes`, `3 hours`. */
export function lasting(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 100) return counted(seconds, 'second');
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return counted(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  return hours < 48 ? counted(hours, 'hour') : counted(Math.round(hours / 24), 'day');
}

/** A wait, to the tenth of a second where that tells something: `0.6 s`, else as `lasting`. */
export function briefly(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : lasting(milliseconds);
}

const counted = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
