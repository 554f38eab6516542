import { setTimeout as pause } from 'node:timers/promises';
import { type Carrier, hears, prompt } from './terminal.ts';

const flood = 100 * 1024 ** 2;
const watched = 6_000;

/** MiB that a server grows by while a reader is stalled in front of 100 MiB. */
export async function growthBehindStall(carrier: Carrier): Promise<number> {
  const terminal = await carrier.open(0, 2);
  await prompt(terminal);
  const before = carrier.memoryMiB();
  terminal.type(`head -c ${flood} /dev/zero | tr '\\0' x\r`);
  await hears(terminal, (text) => text.includes('xxxx'));
  terminal.stall();
  let most = before;
  for (const ends = performance.now() + watched; performance.now() < ends; await pause(50)) most = Math.max(most, carrier.memoryMiB());
  terminal.unstall();
  terminal.type('\x03');
  await terminal.exit();
  return most - before;
}

/** Milliseconds from Ctrl-C in the middle of `yes` to the prompt. */
export async function interruptYes(carrier: Carrier, times: number): Promise<number[]> {
  const terminal = await carrier.open(0, 3);
  await prompt(terminal);
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const flows = hears(terminal, (text) => text.length > 1024 ** 2);
    terminal.type('yes\r');
    await flows;
    const stopped = hearsEnd(terminal);
    const began = performance.now();
    terminal.type('\x03');
    await stopped;
    took.push(performance.now() - began);
    await pause(100);
  }
  await terminal.exit();
  return took;

  function hearsEnd(of: typeof terminal): Promise<void> {
    return new Promise((resolve) => {
      let end = '';
      const leave = of.listen((piece) => {
        end = (end + piece.toString('latin1')).slice(-200);
        if (!end.includes('^C') || !/\$ $/.test(end)) return;
        leave();
        resolve();
      });
    });
  }
}
