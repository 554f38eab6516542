import { expect, test } from 'vitest';
import { eventStream } from '#server/sse.ts';

test('events arrive as one line of JSON each, whatever they contain', async () => {
  const abort = new AbortController();
  let stopped = false;
  const response = eventStream(abort.signal, async (send) => {
    send('session', { text: 'two\nlines' });
    return () => {
      stopped = true;
    };
  });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(new TextDecoder().decode(first?.value)).toBe('event: session\ndata: {"text":"two\\nlines"}\n\n');
  abort.abort();
  expect((await reader?.read())?.done).toBe(true);
  expect(stopped).toBe(true);
});

test('a page that stops reading is cut off instead of filling the memory', async () => {
  let sent = 0;
  let stopped = false;
  const response = eventStream(new AbortController().signal, async (send) => {
    for (; sent < 1000; sent++) send('phases', sent);
    return () => {
      stopped = true;
    };
  });
  const reader = response.body?.getReader();
  let got = 0;
  while (!(await reader?.read())?.done) got++;
  expect(got).toBeLessThan(1000);
  expect(stopped).toBe(true);
});

test('a page that leaves ends its subscription, also when it leaves and aborts at once', async () => {
  const abort = new AbortController();
  let stops = 0;
  const response = eventStream(abort.signal, async () => () => {
    stops += 1;
  });
  await response.body?.cancel();
  abort.abort();
  expect(stops).toBe(1);
});
