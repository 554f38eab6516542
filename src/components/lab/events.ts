import type { Place } from '#runtime/admission.ts';
import type { CheckResult, PhaseView, SessionView } from '#runtime/hub.ts';
import type { LabLogEntry } from '#store/port.ts';
import { isRecord } from './api.ts';
import type { History } from './history.ts';

export interface SessionListener {
  session(view: SessionView): void;
  phases(list: { epoch: number; phases: readonly PhaseView[] }): void;
  verdict(result: CheckResult): void;
  history(history: History): void;
  log(entry: LabLogEntry): void;
  place(place: Place | null): void;
  idle(idle: { pausesAt: string | null }): void;
  /** False while the stream is down; the browser, or this function, tries again by itself. */
  connected(up: boolean): void;
}

const retryMilliseconds = 3000;

/** Follows a session until the answered function is called. The first events are always its whole state. */
export function followSession(id: string, listener: SessionListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    source = new EventSource(`/api/sessions/${id}/events`);
    source.onopen = () => listener.connected(true);
    source.onerror = () => {
      listener.connected(false);
      // After an answer that is no stream the browser gives up for good; a restarting server is such an answer.
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, retryMilliseconds);
    };
    on(source, 'session', (data) => typeof data['state'] === 'string', listener.session);
    on(source, 'phases', (data) => Array.isArray(data['phases']), listener.phases);
    on(source, 'history', () => true, listener.history);
    on(source, 'log', (data) => typeof data['text'] === 'string', listener.log);
    on(source, 'idle', () => true, listener.idle);
    on(
      source,
      'place',
      () => true,
      ({ place }: { place: Place | null }) => listener.place(place),
    );
    on(source, 'verdict', (data) => isRecord(data['verdict']), listener.verdict);
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

function on<T>(source: EventSource, name: string, isSound: (data: Record<string, unknown>) => boolean, tell: (data: T) => void): void {
  source.addEventListener(name, (event: MessageEvent<string>) => {
    const data: unknown = JSON.parse(event.data);
    if (isRecord(data) && isSound(data)) tell(data as T);
    else console.error(`The server sent a ${name} event that this page does not understand.`);
  });
}
