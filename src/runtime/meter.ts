import { EventEmitter } from 'node:events';

/** A call of the engine or the database that is over. */
export interface MeteredCall {
  of: 'engine' | 'store';
  /** What was asked, one of few names. */
  call: string;
  milliseconds: number;
  /** Null when it succeeded; else its kind. */
  error: string | null;
}

/** What the engine and the database were asked, and how long each took. Holds nothing: whoever wants it follows. */
export interface Meter {
  told(call: MeteredCall): void;
  follow(listener: (call: MeteredCall) => void): () => void;
}

export function meter(): Meter {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    told: (call) => void emitter.emit('call', call),
    follow(listener) {
      emitter.on('call', listener);
      return () => void emitter.off('call', listener);
    },
  };
}
