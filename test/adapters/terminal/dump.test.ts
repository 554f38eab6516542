import { expect, test } from 'vitest';
import { encodeJson, frameDecoder } from '#lab/framing.ts';
import { supervisor } from './harness.ts';

test('what a shell printed can be read whole beside who is attached, who does not notice', async () => {
  await using shells = await supervisor();
  const { stream, ended } = shells.attach(['slipway-shell', 'attach', '1', '-1']);
  const decode = frameDecoder();
  const messages: { type: string }[] = [];
  let seen = '';
  const done = new Promise<void>((resolve) => {
    stream.on('data', (chunk: Uint8Array) => {
      for (const frame of decode(chunk)) {
        if (frame.kind === 'data') seen += Buffer.from(frame.bytes).toString();
        else messages.push(JSON.parse(frame.text));
      }
      if (seen.includes('the-end')) resolve();
    });
  });
  stream.write(encodeJson({ type: 'run', id: 'printed-once', data: "printf 'a\\tb %s-%s\\n' the end\r" }));
  await done;
  const peers = () => messages.filter(({ type }) => type === 'peers');
  const before = peers().length;
  const { code, stdout } = await shells.run('dump', '1');
  expect(code).toBe(0);
  expect(stdout).toContain('a\tb the-end\r\n');
  expect((await shells.list()).map(({ id, clients }) => [id, clients])).toEqual([['1', 1]]);
  expect(peers()).toHaveLength(before);
  stream.end();
  await ended;
});

test('a shell that was never opened has nothing to read, and is not opened by asking', async () => {
  await using shells = await supervisor();
  expect(await shells.run('dump', '1')).toMatchObject({ code: 3, stdout: '' });
  expect(await shells.list()).toEqual([]);
  expect(shells.trouble()).toBe('');
});
