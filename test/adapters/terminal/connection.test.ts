import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectionState, type Opened, ShellConnection } from '#components/lab/terminal/connection.ts';
import { type Supervisor, site, supervisor, until } from './harness.ts';

let shells: Supervisor;
beforeEach(async () => {
  shells = await supervisor();
});
afterEach(async () => {
  await shells[Symbol.asyncDispose]();
  expect(shells.trouble()).toBe('');
});

/** The element's connection with a screen that only remembers. */
function tab(port: () => number) {
  const states: ConnectionState['name'][] = [];
  const opened: Opened[] = [];
  const sockets: WebSocket[] = [];
  let text = '';
  const connection = new ShellConnection({
    url: '/ws/sessions/s1/shells/1',
    backOff: () => 20,
    connect: (path) => {
      const origin = `127.0.0.1:${port()}`;
      const socket = new WebSocket(`ws://${origin}${path}`, { origin: `http://${origin}` });
      socket.on('error', () => undefined); // its close is what the connection listens for
      sockets.push(socket);
      return socket as unknown as globalThis.WebSocket;
    },
    events: {
      state: (state) => states.push(state.name),
      opened: (one) => {
        if (!one.continues) text = '';
        opened.push(one);
      },
      output: (bytes, offset) => {
        text += Buffer.from(bytes).toString();
        connection.acknowledge(offset + bytes.length);
      },
      message: () => undefined,
    },
  });
  connection.resize(80, 24);
  connection.connect();
  return { connection, states, opened, sockets, shows: (part: string) => until(() => text.includes(part)), text: () => text };
}

test('a restart of the server costs nothing that was on the screen, and types nothing twice', async () => {
  let server = await site(shells);
  const { connection, states, opened, shows, text } = tab(() => server.port);
  await until(() => connection.state.name === 'open');
  connection.type('echo before-$((1))\r');
  await shows('before-1');
  connection.run('lesson-04-a', 'echo ran-$((COUNT+=1))');
  await shows('ran-1');
  await server[Symbol.asyncDispose]();
  await until(() => connection.state.name === 'waiting');
  connection.run('lesson-04-b', 'echo later-$((COUNT+=1))');
  server = await site(shells);
  await shows('later-2');
  expect(states.slice(0, 3)).toEqual(['connecting', 'open', 'waiting']);
  expect(opened.at(-1)).toMatchObject({ continues: true, fresh: false });
  expect(text().match(/ran-\d/g)).toEqual(['ran-1']);
  connection.close();
  await server[Symbol.asyncDispose]();
});

test('a toolbox that was started again begins the screen anew', async () => {
  await using server = await site({ ...shells, attach: (argv) => shells.attach(argv) });
  const { connection, opened, sockets, shows } = tab(() => server.port);
  await until(() => connection.state.name === 'open');
  connection.type('echo old-$((1))\r');
  await shows('old-1');
  await shells[Symbol.asyncDispose]();
  shells = await supervisor();
  await until(() => sockets.length > 1 && connection.state.name === 'open');
  expect(opened.at(-1)).toMatchObject({ continues: false, fresh: true });
  connection.type('echo new-$((2))\r');
  await shows('new-2');
  connection.close();
});

test('a shell that ended waits to be asked for another', async () => {
  await using server = await site(shells);
  const { connection, states, shows } = tab(() => server.port);
  await until(() => connection.state.name === 'open');
  connection.type('exit 3\r');
  await until(() => {
    for (const key of 'still under way') connection.type(key);
    return connection.state.name === 'exited';
  });
  expect(connection.state).toEqual({ name: 'exited', code: 3 });
  expect(states).toEqual(['connecting', 'open', 'exited']);
  await until(async () => (await shells.list()).every((shell) => shell.pid === null && shell.clients === 0));
  connection.connect();
  await until(() => connection.state.name === 'open');
  connection.type('echo another-$((1))\r');
  await shows('another-1');
  connection.close();
});

test('a lab that has ended is not asked for again', async () => {
  await using server = await site(shells, () => ({
    ok: true,
    lab: 'lab',
    attach: () => Promise.reject(Object.assign(new Error('no toolbox'), { code: 'gone' })),
    touched: () => undefined,
  }));
  const { connection, sockets } = tab(() => server.port);
  await until(() => connection.state.name === 'over');
  expect(sockets).toHaveLength(1);
});
