const keepAliveMilliseconds = 15_000;
/** A page that has not read this many events is cut off; it reconnects and gets the state as it is. */
const maxQueued = 256;

/**
 * A server-sent event stream. `open` sends what it likes and answers how to stop; data travels as one line of JSON.
 * Ends when the client leaves.
 */
export function eventStream(signal: AbortSignal, open: (send: (event: string, data: unknown) => void) => Promise<() => void>): Response {
  let stop = () => {};
  const stream = new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        const encoder = new TextEncoder();
        const write = (text: string) => {
          if (stopped) return;
          if ((controller.desiredSize ?? 0) <= 0) close();
          else controller.enqueue(encoder.encode(text));
        };
        const timer = setInterval(() => write(': still here\n\n'), keepAliveMilliseconds);
        let unsubscribe = () => {};
        let stopped = false;
        stop = () => {
          stopped = true;
          clearInterval(timer);
          unsubscribe();
        };
        const close = () => {
          if (stopped) return;
          stop();
          controller.close();
        };
        signal.addEventListener('abort', close, { once: true });
        const opened = await open((event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
        if (stopped) opened();
        else unsubscribe = opened;
      },
      // The reader has closed the stream itself.
      cancel: () => stop(),
    },
    { highWaterMark: maxQueued },
  );
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}
