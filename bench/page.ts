import { join } from 'node:path';
import { CommandFailure } from '#cli/failure.ts';
import { findChromium } from '#cli/host/chromium.ts';
import { progressOn } from '#cli/progress.ts';
import { readySite } from '#cli/site/build.ts';
import { site } from '../test/acceptance/site.ts';
import { sweep, toolboxes } from '../test/acceptance/toolboxes.ts';
import { type BenchOptions, quantile } from './bench-lab.ts';
import { type Figure, ofLimit, ofPairs } from './figure.ts';
import { installed, starlightSite } from './page/installed.ts';
import { lighthouse } from './page/lighthouse.ts';
import { serveFolder } from './page/serve.ts';
import { type Weight, weigh } from './page/weigh.ts';

const lesson = '04-state-inside';
const kB = 1000;

/**
 * A lesson's page beside a stock Starlight page of the same Markdown: what a browser fetches, and what Lighthouse thinks.
 * Weights are of gzip, whatever the server sends; the terminal is what a page with an open lab fetches beyond one without.
 */
export async function measure(options: BenchOptions) {
  const { root, signal, say, pairs = 3 } = options;
  const chromium = findChromium(process.env);
  if (chromium === null) throw new CommandFailure('no Chromium was found', { advice: 'Install it, or set SLIPWAY_CHROMIUM to its path.' });
  await readySite({ root, course: root, data: join(root, '.slipway'), progress: progressOn(process.stderr), signal });
  const judge = await installed('lighthouse', options);
  say('building the Starlight page');
  const peer = await serveFolder(await starlightSite(join(root, 'content/lessons', `${lesson}.mdx`), options));
  const here = await site({ SLIPWAY_NO_ENGINE: '1', SLIPWAY_COURSE: root, SLIPWAY_LOG: 'warn' });
  try {
    const [lab] = await toolboxes(here, 1, root);
    await here.start();
    const ourUrl = `${here.origin}/lessons/${lesson}`;
    const peerUrl = `${peer.origin}/lesson/`;
    say('weighing');
    const ours = await weigh(chromium, ourUrl);
    const theirs = await weigh(chromium, peerUrl);
    const [name = '', value = ''] = lab?.cookie.split('=') ?? [];
    const withLab = await weigh(chromium, ourUrl, { name, value });
    const rounds = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const order = pair % 2 === 0 ? [ourUrl, peerUrl] : [peerUrl, ourUrl];
      const scores = new Map<string, Awaited<ReturnType<typeof lighthouse>>>();
      for (const url of order) scores.set(url, await lighthouse(judge, chromium, url, signal));
      rounds.push({ ours: scores.get(ourUrl), peer: scores.get(peerUrl) });
      say(`Lighthouse ${pair + 1} of ${pairs}: ${JSON.stringify(rounds.at(-1))}`);
    }
    return { figures: figuresOf({ ours, theirs, withLab, rounds }), details: { ours, theirs, withLab, rounds } };
  } finally {
    peer.close();
    await here.close();
    await sweep(here);
  }
}

type Scores = Awaited<ReturnType<typeof lighthouse>> | undefined;

interface Measured {
  ours: Weight;
  theirs: Weight;
  withLab: Weight;
  rounds: readonly { ours: Scores; peer: Scores }[];
}

function figuresOf({ ours, theirs, withLab, rounds }: Measured): Figure[] {
  const lazy = Object.entries(withLab.code).filter(([url]) => ours.code[url] === undefined);
  const terminal = lazy.reduce((sum, [, bytes]) => sum + bytes, 0);
  const scores = (side: 'ours' | 'peer', of: 'performance' | 'accessibility') => rounds.map((round) => round[side]?.[of] ?? 0);
  return [
    ofPairs(
      { name: 'P14', what: 'a lesson’s page without its lab, all of it, beside Starlight’s at its load event', unit: 'kB gz', bar: 2 },
      [{ ours: ours.all / kB, peer: theirs.atLoad / kB }],
    ),
    ofLimit(
      { name: 'P14', what: 'JavaScript before the first click', unit: 'kB gz', limit: 15 },
      [ours.scripts / kB],
      [theirs.scripts / kB],
    ),
    ofLimit({ name: 'P14', what: 'the terminal, fetched with a lab', unit: 'kB gz', limit: 130 }, [terminal / kB]),
    ofLimit(
      { name: 'P14', what: 'Lighthouse performance', unit: 'of 100', limit: 95, holds: 'at least' },
      scores('ours', 'performance'),
      scores('peer', 'performance'),
    ),
    ofLimit(
      { name: 'P14', what: 'Lighthouse accessibility', unit: 'of 100', limit: 100, holds: 'at least' },
      [quantile(scores('ours', 'accessibility'), 0)],
      scores('peer', 'accessibility'),
    ),
  ];
}
