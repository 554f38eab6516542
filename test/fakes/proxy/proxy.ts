import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network between a browser and the server that can be as bad as one likes. */
export interface Road {
  port: number;
  /** Connections it has carried so far. */
  carried(): number;
  /** Ends every connection as a vanished peer's system does, by RST; or politely, by FIN. */
  cut(how?: 'rst' | 'fin'): void;
  /** From now on no byte passes either way, and nobody is told; until it is over, when all goes on. */
  blackhole(on: boolean): void;
  /** Cuts each connection by RST once it has carried a number of bytes downwards that `next` answers for it. */
  cutAfter(next: (() => number) | null): void;
  close(): Promise<void>;
}

/** Carries TCP to a port of this machine. */
export async function roadTo(target: number, host = 'localhost'): Promise<Road> {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let carried = 0;
  let isDark = false;
  let allowance: (() => number) | null = null;

  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host, allowHalfOpen: true });
    const pair = { near, far };
    pairs.add(pair);
    carried += 1;
    let left = allowance?.() ?? Number.POSITIVE_INFINITY;
    const over = () => pairs.delete(pair);
    const reset = () => {
      near.resetAndDestroy();
      far.resetAndDestroy();
      over();
    };
    const pass = (from: Socket, to: Socket, isDown: boolean) => {
      from.on('data', (bytes) => {
        if (isDown && bytes.length >= left) {
          // What is left goes out first, so that the cut falls within a frame and not between two.
          to.write(bytes.subarray(0, left), reset);
          left = Number.POSITIVE_INFINITY;
          from.pause();
          return;
        }
        if (isDown) left -= bytes.length;
        if (!to.write(bytes)) {
          from.pause();
          to.once('drain', () => {
            if (!isDark) from.resume();
          });
        }
      });
      from.on('end', () => to.end());
      from.on('error', () => to.resetAndDestroy());
      from.on('close', over);
      if (isDark) from.pause();
    };
    pass(near, far, false);
    pass(far, near, true);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');

  const each = (act: (socket: Socket) => void) => {
    for (const { near, far } of pairs) for (const socket of [near, far]) act(socket);
  };
  return {
    port: (server.address() as AddressInfo).port,
    carried: () => carried,
    cut(how = 'rst') {
      each((socket) => void (how === 'rst' ? socket.resetAndDestroy() : socket.end()));
    },
    blackhole(on) {
      isDark = on;
      each((socket) => void (on ? socket.pause() : socket.resume()));
    },
    cutAfter(next) {
      allowance = next;
    },
    async close() {
      each((socket) => void socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
