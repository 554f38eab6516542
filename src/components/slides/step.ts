/** What the deck and the speaker's window tell each other. Slides are counted from 0 over the whole deck. */
export type Step = { at: number } | { go: number } | { hello: true };

export interface Steps {
  tell(step: Step): void;
}

/** Keeps the windows that show one lesson's slides in step. */
export function steps(lesson: string, hear: (step: Step) => void): Steps {
  const channel = new BroadcastChannel(`slides:${lesson}`);
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const step = read(data);
    if (step !== null) hear(step);
  });
  return { tell: (step) => channel.postMessage(step) };
}

function read(data: unknown): Step | null {
  if (typeof data !== 'object' || data === null) return null;
  if ('at' in data && typeof data.at === 'number') return { at: data.at };
  if ('go' in data && typeof data.go === 'number') return { go: data.go };
  return 'hello' in data ? { hello: true } : null;
}
