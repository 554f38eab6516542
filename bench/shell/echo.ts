import { setTimeout as pause } from 'node:timers/promises';
import { clearLine, hears, prompt, type Terminal } from './terminal.ts';

const row = 50;

/** Where each key takes half a second, this much tells enough. */
const longest = 60_000;

/** Milliseconds from each of some keys, typed at a prompt one at a time, until it is on the screen. */
export async function keyEchoes(terminal: Terminal, keys: number, gap = 4): Promise<number[]> {
  const times: number[] = [];
  const ends = performance.now() + longest;
  for (let key = 0; key < keys && performance.now() < ends; key += 1) {
    const letter = String.fromCharCode(0x61 + (key % 26));
    const seen = hears(terminal, (text) => text.includes(letter));
    const began = performance.now();
    terminal.type(letter);
    await seen;
    times.push(performance.now() - began);
    if (key % row === row - 1) {
      const cleared = hears(terminal, (text) => text.length > 0);
      terminal.type(clearLine);
      await cleared;
      await pause(30);
    }
    await pause(gap);
  }
  return times;
}

/** A terminal at its prompt, with nothing under way. */
export async function calm(terminal: Terminal): Promise<Terminal> {
  await prompt(terminal);
  await pause(200);
  return terminal;
}
