import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { FloodPlace } from './flooders.ts';

/** Runs `work` while terminals in these places show an endless `yes`; answers its result and the MiB/s that they all read together. */
export async function duringFlood<T>(places: readonly FloodPlace[], work: () => Promise<T>): Promise<{ result: T; mibPerSecond: number }> {
  const child = fork(join(import.meta.dirname, 'flooders.ts'), [JSON.stringify(places)]);
  const exit = once(child, 'exit');
  try {
    const [first] = await Promise.race([once(child, 'message'), exit]);
    if (first !== 'floods') throw new Error('the flood did not begin');
    const began = performance.now();
    const result = await work();
    const seconds = (performance.now() - began) / 1000;
    child.send('enough');
    const [bytes] = (await once(child, 'message')) as [number[]];
    return { result, mibPerSecond: bytes.reduce((sum, one) => sum + one, 0) / 1024 ** 2 / seconds };
  } finally {
    const cut = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await exit;
    clearTimeout(cut);
  }
}
