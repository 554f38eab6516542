import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeJson, frameDecoder } from '#lab/framing.ts';
import { highWater, ringBytes, type Up } from '#lab/wire.ts';
import { type Supervisor, site, supervisor, until } from './harness.ts';

let shells: Supervisor;
let server: Awaited<ReturnType<typeof site>>;

beforeEach(async () => {
  shells = await supervisor();
  server = await site(shells);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await shells[Symbol.asyncDispose]();
  expect(shells.trouble()).toBe('');
});

/** The command lines of a process's children. */
function children(parent: number): string[] {
  const { stdout } = spawnSync('ps', ['-o', 'args=', '--ppid', String(parent)], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Answers when shell 1 runs a program of this command line: by then the terminal is the program's, not readline's. */
async function running(line: string): Promise<void> {
  await until(async () => (await shells.list()).some(({ id, pid }) => id === '1' && pid !== null && children(pid).includes(line)));
}

describe('a shell', () => {
  test('says what is typed, and its size is the window’s', async () => {
    const tab = await server.open();
    await tab.said('opened');
    tab.send({ type: 'resize', cols: 97, rows: 31 });
    tab.type('stty size; echo $TERM-$((40 + 2))\r');
    await tab.shows('31 97');
    await tab.shows('xterm-256color-42');
    await tab.leave();
  });

  test('stays the same one over a reload, with its screen', async () => {
    const tab = await server.open();
    tab.type('MARK=kept; echo first-$((1 + 1))\r');
    await tab.shows('first-2');
    await tab.leave();
    const reloaded = await server.open();
    const opened = await reloaded.said('opened');
    expect(opened.fresh).toBe(false);
    await reloaded.shows('first-2');
    reloaded.type('echo $MARK-$((3 + 3))\r');
    await reloaded.shows('kept-6');
    await reloaded.leave();
  });

  test('gives a browser that comes back exactly the bytes it has not had', async () => {
    const tab = await server.open();
    tab.type('echo one-$((1))\r');
    await tab.shows(/one-1\r\n.*[$#] $/s);
    const { boot } = await tab.said('opened');
    const at = tab.next();
    tab.socket.terminate();
    const other = await server.open();
    other.type('echo meanwhile-$((2))\r');
    await other.shows('meanwhile-2');
    const back = await server.open({ offset: at, boot });
    await back.shows('meanwhile-2');
    expect((await back.said('opened')).from).toBe(at);
    expect(back.screen()).not.toContain('one-1');
    await back.leave();
    await other.leave();
  });

  test('shows all it has to a browser that remembers another supervisor', async () => {
    const tab = await server.open();
    tab.type('echo here-$((1))\r');
    await tab.shows('here-1');
    const back = await server.open({ offset: 3, boot: '0123456789abcdef' });
    expect((await back.said('opened')).from).not.toBe(3);
    await back.shows('here-1');
    await back.leave();
    await tab.leave();
  });

  test('ends with its code, and the next attach starts a fresh one', async () => {
    const tab = await server.open({ shell: '2' });
    await tab.said('opened');
    tab.type('exit 7\r');
    expect((await tab.said('exit')).code).toBe(7);
    expect((await tab.closed()).code).toBe(4000);
    const again = await server.open({ shell: '2' });
    expect((await again.said('opened')).fresh).toBe(true);
    again.type('echo alive-$((9))\r');
    await again.shows('alive-9');
    await again.leave();
  });

  test('says its end to a reader who never stops writing', async () => {
    const { stream, ended } = shells.attach(['slipway-shell', 'attach', '2', '-1']);
    const decode = frameDecoder();
    const said: string[] = [];
    const broken: Error[] = [];
    stream.on('error', (error) => broken.push(error));
    stream.on('data', (chunk: Buffer) => said.push(...decode(chunk).map((frame) => (frame.kind === 'json' ? frame.text : ''))));
    stream.write(encodeJson({ type: 'input', data: 'exit 7\r', seq: 1 } satisfies Up));
    await until(async () => {
      stream.write(encodeJson({ type: 'ack', offset: 0 } satisfies Up));
      return (await shells.list()).some((shell) => shell.id === '2' && shell.pid === null && shell.clients === 0);
    });
    for (let more = 0; more < 100; more++) stream.write(encodeJson({ type: 'input', data: 'x', seq: more + 2 } satisfies Up));
    await until(() => said.includes('{"code":7,"type":"exit"}'));
    stream.end();
    expect((await ended).code).toBe(0);
    expect(broken).toEqual([]);
  });

  test('that ignores its end makes way for a fresh one', async () => {
    const tab = await server.open();
    tab.type('trap "" HUP; exec sleep 1000\r');
    await tab.shows('1000\r\n');
    const old = (await shells.list())[0]?.pid ?? 0;
    await until(() => children(shells.pid).includes('sleep 1000'));
    await shells.run('end', '1');
    await tab.leave();
    const again = await server.open();
    expect((await again.said('opened')).fresh).toBe(true);
    again.type('echo fresh-$((8))\r');
    await again.shows('fresh-8');
    expect((await shells.list())[0]?.pid).not.toBe(old);
    expect(children(shells.pid)).not.toContain('sleep 1000');
    await again.leave();
  });

  test('survives fifty reloads with as many processes as none', async () => {
    const first = await server.open();
    first.type('echo up-$((1))\r');
    await first.shows('up-1');
    await first.leave();
    const before = children(shells.pid);
    for (let reload = 0; reload < 50; reload++) {
      const tab = await server.open();
      await tab.said('opened');
      await tab.leave();
    }
    await until(async () => (await shells.list()).every((shell) => shell.clients === 0));
    expect(children(shells.pid)).toEqual(before);
    expect(children(process.pid).filter((line) => line.includes('slipway-shell link'))).toHaveLength(1);
    await server[Symbol.asyncDispose]();
    await until(() => !children(process.pid).some((line) => line.includes('slipway-shell link')));
  }, 240_000);

  test('runs a command once, though the browser sends it on every reconnect', async () => {
    const run = { type: 'run', id: 'lesson-04-claim', data: 'echo ran-$((COUNT+=1))\r' } as const;
    const tab = await server.open();
    tab.send(run);
    await tab.shows('ran-1');
    expect((await tab.said('ran')).id).toBe(run.id);
    tab.socket.terminate();
    const back = await server.open();
    back.send(run);
    await back.said('ran');
    back.type('echo count-$COUNT-\r');
    await back.shows('count-1-');
    await back.leave();
  });

  test('types what a browser sends again after a cut only when it had not come through', async () => {
    const client = '00112233445566ff';
    const tab = await server.open({ client });
    expect((await tab.said('opened')).took).toBe(0);
    tab.send({ type: 'input', seq: 1, data: 'echo typed-$((COUNT+=1))\r' });
    await tab.shows('typed-1');
    expect((await tab.said('took')).seq).toBe(1);
    tab.socket.terminate();
    const back = await server.open({ client });
    expect((await back.said('opened')).took).toBe(1);
    back.send({ type: 'input', seq: 1, data: 'echo typed-$((COUNT+=1))\r' });
    back.send({ type: 'input', seq: 2, data: 'echo next-$((COUNT+=1))\r' });
    await back.shows('next-2');
    expect(await back.sees(() => back.messages.findLast((message) => message.type === 'took'), 'took')).toEqual({ type: 'took', seq: 2 });
    const other = await server.open();
    expect((await other.said('opened')).took).toBe(0);
    await other.leave();
    await back.leave();
  });

  test('is hung up from its window', async () => {
    const tab = await server.open();
    await tab.said('opened');
    tab.send({ type: 'end' });
    expect((await tab.said('exit')).code).toBe(129);
    expect((await tab.closed()).code).toBe(4000);
    expect(children(shells.pid).filter((line) => line.includes('bash'))).toEqual([]);
  });

  test('of a fifth tab is refused with the reason', async () => {
    const attached = ['a', 'b', 'c', 'd'].map((name) => shells.attach(['slipway-shell', 'attach', name, '-1']));
    for (const { stream } of attached) stream.resume();
    await until(async () => (await shells.list()).filter((shell) => shell.pid !== null).length >= 4);
    const tab = await server.open({ shell: '4' });
    expect((await tab.said('error')).code).toBe('too-many-shells');
    expect((await tab.closed()).code).toBe(1013);
    for (const { stream } of attached) stream.end();
    for (const { ended } of attached) await ended;
  });
});

describe('a flood of output', () => {
  test('does not delay Ctrl-C', async () => {
    const tab = await server.open();
    await tab.said('opened');
    tab.type('yes\r');
    await tab.sees(() => tab.bytes() > 1_000_000, 'a megabyte of y');
    const pressed = performance.now();
    tab.type('\x03');
    await tab.shows('^C');
    expect(performance.now() - pressed).toBeLessThan(1_000);
    tab.clear();
    tab.type('echo calm-$((5))\r');
    await tab.shows('calm-5');
    await tab.leave();
  });

  test('waits for a browser that does not read, which can still press Ctrl-C', async () => {
    const tab = await server.open({ acks: false });
    await tab.said('opened');
    tab.type('yes\r');
    await until(async () => (await shells.list()).some((shell) => shell.paused));
    const stalled = (await shells.list()).find((shell) => shell.id === '1');
    expect(stalled?.end).toBeLessThan(ringBytes + 1_000_000);
    tab.type('\x03');
    tab.send({ type: 'ack', offset: tab.next() });
    await tab.sees(() => {
      tab.send({ type: 'ack', offset: tab.next() });
      return tab.screen().includes('^C');
    }, 'the interrupt');
    await tab.leave();
  });

  test('grows nothing in the server for a browser that says it reads and does not', async () => {
    const tab = await server.open({ acks: false });
    await tab.said('opened');
    tab.type('yes\r');
    await tab.sees(() => tab.bytes() > 0, 'the flood');
    tab.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    await until(async () => {
      tab.send({ type: 'ack', offset: Number.MAX_SAFE_INTEGER });
      return (await shells.list()).some((shell) => shell.paused && shell.end > 3 * highWater);
    }, 20_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 ** 2);
    tab.socket.resume();
    tab.socket.terminate();
  });

  test('runs on when nobody is attached, and says what was lost', async () => {
    const tab = await server.open();
    const { boot } = await tab.said('opened');
    tab.type('seq 1000000; echo all-$((1 + 1))\r');
    await tab.sees(() => tab.bytes() > 100_000, 'the flood');
    const at = tab.next();
    await tab.leave();
    await until(async () => (await shells.list()).some((shell) => shell.end > 1.5 * ringBytes));
    const back = await server.open({ offset: at, boot });
    const gap = await back.said('gap');
    expect(gap.from).toBe(at);
    expect(gap.to).toBeGreaterThan(at);
    await back.shows('all-2');
    back.type('echo on-$((1 + 1))\r');
    await back.shows('on-2');
    await back.leave();
  });

  test('is paced by the fastest reader; one that stalls is told what it missed', async () => {
    const fast = await server.open();
    const slow = await server.open({ acks: false });
    await slow.said('opened');
    await fast.sees(() => fast.messages.some((message) => message.type === 'peers' && message.count === 2), 'two peers');
    fast.type(`head -c ${1.25 * ringBytes} /dev/zero | tr '\\0' x; echo; echo done-$((1 + 1))\r`);
    await fast.shows('done-2', 30_000);
    expect(slow.bytes()).toBeLessThan(1_000_000);
    slow.send({ type: 'ack', offset: slow.next() });
    await slow.said('gap');
    await fast.leave();
    await slow.leave();
  });
});

test('the smallest window decides, and the rest return when it leaves', async () => {
  const wide = await server.open();
  wide.send({ type: 'resize', cols: 120, rows: 40 });
  const narrow = await server.open();
  narrow.send({ type: 'resize', cols: 80, rows: 50 });
  await wide.sees(() => wide.messages.some((m) => m.type === 'size' && m.cols === 80 && m.rows === 40), 'the smaller of both');
  await narrow.leave();
  await wide.sees(() => {
    const last = wide.messages.findLast((m) => m.type === 'size');
    return last?.cols === 120 && last.rows === 40;
  }, 'its own size again');
  await wide.leave();
});

test('an interrupt overtakes a paste that nobody reads', async () => {
  const tab = await server.open();
  await tab.said('opened');
  tab.type('sleep 1000\r');
  await running('sleep 1000');
  for (let part = 0; part < 20; part++) tab.type(`${'x'.repeat(60)}\n`.repeat(200));
  tab.type('\x03');
  tab.type('echo free-$((4 + 4))\r');
  await tab.shows('free-8');
  await tab.leave();
});

test('a signal reaches the program in front', async () => {
  const tab = await server.open();
  await tab.said('opened');
  tab.type('trap "" INT; cat\r');
  await running('cat');
  tab.type('purring\n');
  await tab.shows(/purring.*purring/s);
  tab.send({ type: 'signal', signal: 'KILL' });
  await tab.shows('Killed');
  tab.type('echo after-$((2 + 1))\r');
  await tab.shows('after-3');
  await tab.leave();
});
