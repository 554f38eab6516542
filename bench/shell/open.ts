import { type Carrier, prompt, type Terminal } from './terminal.ts';

/** Milliseconds from the click to the prompt of a new shell. */
export async function timeToPrompt(carrier: Carrier): Promise<number> {
  const began = performance.now();
  const terminal = await carrier.open(0, 1);
  await prompt(terminal);
  const took = performance.now() - began;
  await terminal.exit();
  return took;
}

/** Milliseconds until each of as many shells as there are places, all asked for at once, has its prompt. */
export async function burst(carrier: Carrier, toolboxes: number, each: number): Promise<number> {
  const places = Array.from({ length: toolboxes * each }, (_, index) => [index % toolboxes, Math.floor(index / toolboxes) + 1] as const);
  const terminals: Terminal[] = [];
  const began = performance.now();
  await Promise.all(
    places.map(async ([toolbox, shell]) => {
      const terminal = await carrier.open(toolbox, shell);
      terminals.push(terminal);
      await prompt(terminal);
    }),
  );
  const took = performance.now() - began;
  await Promise.all(terminals.map((terminal) => terminal.exit()));
  return took;
}
