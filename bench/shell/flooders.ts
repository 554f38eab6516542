/** Terminals that each show an endless `yes` and read all of it, in a process of their own: `flooders.ts PLACES` as JSON. */
import { openOurs } from './ours.ts';
import { prompt } from './terminal.ts';
import { openTtyd } from './ttyd.ts';

export type FloodPlace = { origin: string; session: string; cookie: string; shell: number } | { port: number };

const places: FloodPlace[] = JSON.parse(process.argv[2] ?? '[]');
const bytes = places.map(() => 0);
const terminals = await Promise.all(
  places.map(async (place, index) => {
    const terminal = 'port' in place ? await openTtyd(place.port) : await openOurs(place.origin, place, place.shell);
    await prompt(terminal);
    terminal.listen((piece) => {
      bytes[index] = (bytes[index] ?? 0) + piece.length;
    });
    terminal.type('yes\r');
    return terminal;
  }),
);
process.send?.('floods');
process.once('message', () => {
  process.send?.(bytes);
  Promise.all(terminals.map((terminal) => terminal.exit())).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
