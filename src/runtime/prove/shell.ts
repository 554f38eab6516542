import type { ClusterProvider, LabRef } from '#cluster/port.ts';
import { encodeJson, frameDecoder } from '#lab/framing.ts';
import { Down, type Up } from '#lab/wire.ts';

/** A shell of the lab's toolbox, typed into as a learner would. */
export interface TypedShell {
  /** Pastes a script and waits for its end. Answers its exit status and the end of what was on the screen. */
  run(script: string, signal: AbortSignal): Promise<{ code: number; output: string }>;
  close(): Promise<void>;
}

/** What readline writes when it waits for a command and takes pastes whole. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const prompt = /\x1b\[\?2004h[^\n]*$/;
const paste = { begin: '\x1b[200~', end: '\x1b[201~' };
const keptOutput = 64 * 1024;

/** Opens shell `id` of a toolbox. Its end before `close` is an error of whatever waits for it. */
export async function openShell(
  provider: Pick<ClusterProvider, 'attach'>,
  ref: LabRef,
  id: string,
  signal: AbortSignal,
): Promise<TypedShell> {
  const leave = new AbortController();
  const { stream, ended } = await provider.attach(ref, ['slipway-shell', 'attach', id, '0'], AbortSignal.any([signal, leave.signal]));
  const decode = frameDecoder();
  const text = new TextDecoder();
  const send = (message: Up) => stream.write(encodeJson(message));
  let output = '';
  let wake = () => {};
  let seq = 0;
  let gone: Error | null = null;

  const lost = (why: string) => {
    gone ??= new Error(`the shell is gone: ${why}`);
    wake();
  };
  stream.on('data', (chunk: Uint8Array) => {
    for (const frame of decode(chunk)) {
      if (frame.kind === 'data') {
        output = (output + text.decode(frame.bytes, { stream: true })).slice(-keptOutput);
        send({ type: 'ack', offset: frame.offset + frame.bytes.length });
      } else {
        const message = Down.parse(JSON.parse(frame.text));
        if (message.type === 'exit') lost(`it ended with ${message.code}`);
        if (message.type === 'error') lost(message.message);
      }
    }
    wake();
  });
  stream.on('error', (error) => lost(error.message));
  ended.then(
    ({ stderr }) => lost(stderr.trim() || 'its command ended'),
    (error: unknown) => lost(String(error)),
  );

  async function until(pattern: RegExp, limit: AbortSignal): Promise<RegExpExecArray> {
    const stop = () => wake();
    limit.addEventListener('abort', stop);
    try {
      for (;;) {
        const found = pattern.exec(output);
        if (found) return found;
        if (gone) throw gone;
        limit.throwIfAborted();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      limit.removeEventListener('abort', stop);
    }
  }

  async function enter(command: string, limit: AbortSignal): Promise<void> {
    await until(prompt, limit);
    output = '';
    send({ type: 'input', data: `${paste.begin}${command}${paste.end}\r`, seq: ++seq });
  }

  await enter('set +o histexpand', signal);
  return {
    async run(script, limit) {
      await enter(`(set -eu -o pipefail\n${script}\n)\nprintf '\\nslipway-proof:%s:\\n' "$?"`, limit);
      const [, code] = await until(/slipway-proof:(\d+):/, limit);
      return { code: Number(code), output: plain(output) };
    },
    async close() {
      leave.abort();
      stream.destroy();
      await ended.catch(() => {}); // It ends because we left.
    },
  };
}

/** Screen output without escape sequences and carriage returns. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
  return text.replaceAll(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))/g, '').replaceAll('\r', '');
}
