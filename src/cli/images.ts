import type { Run } from './commands.ts';
import { findEngine } from './engine/find.ts';
import { CommandFailure } from './failure.ts';
import { imagesOf, readyImages } from './needed-images.ts';
import { progressOn, span } from './progress.ts';

/** `images list | build NAME… | build --all | prune`. */
export const run: Run = async (args, { root, env, signal }) => {
  const [verb = '', ...names] = args.words;
  if (!['list', 'build', 'prune'].includes(verb)) {
    throw new CommandFailure(`"${verb}" is not something images can do`, { advice: 'It takes list, build or prune.', exitCode: 2 });
  }
  if (verb === 'build' && names.length === 0 && !args.on('all')) {
    throw new CommandFailure('which image?', {
      advice: './slipway images build NAME…, or --all. Names: ./slipway images list',
      exitCode: 2,
    });
  }
  if (verb !== 'build' && names[0] !== undefined) {
    throw new CommandFailure(`"images ${verb}" does not know what to do with "${names[0]}"`, { exitCode: 2 });
  }
  const found = await findEngine(env, signal);
  if (!found.ok) throw new CommandFailure(found.reason, { advice: 'Images live in a Docker engine: ./slipway up finds or installs one.' });
  const all = imagesOf(found.engine.docker, root, env);
  const progress = progressOn(process.stdout);
  if (verb === 'prune') {
    const removed = await all.prune(signal);
    for (const name of removed) progress.say(`removed ${name}`);
    progress.say(removed.length === 0 ? 'Every image is up to date or in use.' : `${removed.length} removed.`);
  } else if (verb === 'build') {
    const list = await all.list(signal);
    await readyImages(all, args.on('all') ? list.map(({ name }) => name) : names, { progress, signal });
    progress.say('All up to date.');
  } else {
    const list = await all.list(signal);
    if (args.on('json')) process.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
    else for (const line of table(list.map(row))) progress.say(line);
  }
  return 0;
};

const row = (image: { name: string; state: string; ref: string | null; sizeBytes: number | null; estimateSeconds: number }) => [
  image.name,
  image.state,
  image.sizeBytes === null ? '' : `${Math.round(image.sizeBytes / 1e6)} MB`,
  image.state === 'ready' ? '' : `about ${span(image.estimateSeconds * 1000)}`,
  image.ref ?? '',
];

/** Rows as lines, each column as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, cells) => cells.map((cell, index) => Math.max(most[index] ?? 0, cell.length)), []);
  return rows.map((cells) =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
