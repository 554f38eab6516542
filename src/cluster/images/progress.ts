/** Where the making of one image stands. */
export interface ImageProgress {
  image: string;
  title: string;
  /** Steps begun, out of `of`; 0 of 0 while their number is not known. */
  step: number;
  of: number;
  /** What is being done, in one line. */
  detail: string;
  /** About how long the whole takes on two cores; null when nothing is known of it. */
  estimateSeconds: number | null;
}

export type Report = (progress: ImageProgress) => void;

/** A message of the engine's build, pull, load and import streams; only the fields that are read. */
export interface EngineMessage {
  stream?: string;
  status?: string;
  id?: string;
  progress?: string;
  error?: string;
  aux?: { ID?: string };
}

/** The messages of one of the engine's progress streams. Throws what the stream throws, at an abort too. */
export async function* engineMessages(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<EngineMessage> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim()) yield JSON.parse(line) as EngineMessage;
  }
  if (rest.trim()) yield JSON.parse(rest) as EngineMessage;
}

/** `Step 3/9 : RUN make` → its numbers and command; null for other output. */
export function parseStep(text: string): { step: number; of: number; command: string } | null {
  const match = /^Step (\d+)\/(\d+) : (.*)$/m.exec(text);
  return match ? { step: Number(match[1]), of: Number(match[2]), command: match[3] ?? '' } : null;
}

/** The last lines of a command's output. */
export function tail(lines: readonly string[], count = 30): string {
  return lines.slice(-count).join('\n').trim();
}
