import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type Dockerode from 'dockerode';
import { WebSocket } from 'ws';
import { freePort, until } from '../../test/acceptance/site.ts';
import { residentMiB } from './ours.ts';
import { type Carrier, opened, overSocket, type Terminal } from './terminal.ts';
import type { InstalledTtyd } from './ttyd-install.ts';

const output = 0x30;

/** Opens a shell as ttyd's own page does. */
export async function openTtyd(port: number): Promise<Terminal> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['tty'], { perMessageDeflate: false });
  const terminal = overSocket(
    socket,
    (text) => Buffer.from(`0${text}`),
    (data) => (data[0] === output ? data.subarray(1) : null),
  );
  await opened(socket);
  socket.send(JSON.stringify({ AuthToken: '', columns: 80, rows: 24 }));
  return terminal;
}

/** The peer: a ttyd for each toolbox, which runs `docker exec -it` into it for each connection. */
export async function ttyd(
  installed: InstalledTtyd,
  containers: readonly Dockerode.Container[],
): Promise<Carrier & { ports: readonly number[] }> {
  const [program, ...before] = installed.argv;
  const servers: { child: ChildProcess; port: number }[] = [];
  const close = async () => {
    for (const { child } of servers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
  };
  try {
    for (const { id } of containers) {
      const port = await freePort();
      const shell = ['docker', 'exec', '-it', '-u', '1000:1000', '-e', 'TERM=xterm-256color', '-e', 'LANG=C.UTF-8', id, 'bash', '-l'];
      const args = ['--port', String(port), '--interface', 'lo', '--writable', '--debug', '1', ...shell];
      const child = spawn(program, [...before, ...args], { cwd: installed.cwd, stdio: 'ignore' });
      servers.push({ child, port });
    }
    for (const { port } of servers) {
      await until(async () => (await fetch(`http://127.0.0.1:${port}/token`).catch(() => null))?.ok === true, 'ttyd to answer');
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: 'ttyd',
    open: (toolbox) => openTtyd(servers[toolbox]?.port ?? 0),
    ports: servers.map(({ port }) => port),
    memoryMiB: () => servers.reduce((sum, { child }) => sum + residentMiB(child.pid ?? 0), 0),
    close,
  };
}
