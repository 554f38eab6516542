import { join } from 'node:path';
import { progressOn } from '#cli/progress.ts';
import { readySite } from '#cli/site/build.ts';
import { site } from '../test/acceptance/site.ts';
import { sweep, toolboxes } from '../test/acceptance/toolboxes.ts';
import { type BenchOptions, quantile, spread, unlessStopped } from './bench-lab.ts';
import { type Figure, ofLimit, ofPairs } from './figure.ts';
import { bulkBytes, makeBulk, showBulk } from './shell/bulk.ts';
import { calm, keyEchoes } from './shell/echo.ts';
import { duringFlood } from './shell/flood.ts';
import type { FloodPlace } from './shell/flooders.ts';
import { burst, timeToPrompt } from './shell/open.ts';
import { ours as oursOn } from './shell/ours.ts';
import { growthBehindStall, interruptYes } from './shell/stall.ts';
import { type Carrier, prompt } from './shell/terminal.ts';
import { ttyd } from './shell/ttyd.ts';
import { installTtyd } from './shell/ttyd-install.ts';

const labs = 10;
const shellsEach = 4;
const keys = 500;
/** Shells that flood while the tenth is typed in: three in its own toolbox, the others in two more. */
const floods = [1, 2, 3].flatMap((shell) => [0, 1, 2].map((toolbox) => ({ toolbox, shell: toolbox === 0 ? shell + 1 : shell })));

interface Side {
  openMilliseconds: number;
  burstMilliseconds: number;
  echoP95: number;
  floodEchoP99: number;
  floodMiBPerSecond: number;
  bulkMiBPerSecond: number;
  stallGrowthMiB: number;
  interruptMilliseconds: number;
}

/**
 * Our shell beside ttyd with `docker exec -it`, in turn, in the very same toolboxes: the built server with a session's cookie,
 * ten toolboxes as labs have them. Memory and latency under flood have absolute bars; the peer's numbers stand beside them.
 */
export async function measure(options: BenchOptions) {
  const { root, signal, say, pairs = 5 } = options;
  const folder = join(root, '.slipway');
  await readySite({ root, course: root, data: folder, progress: progressOn(process.stderr), signal });
  const installed = await installTtyd(join(folder, 'bench', 'ttyd'), signal, say);
  const here = await site({ SLIPWAY_NO_ENGINE: '1', SLIPWAY_COURSE: root, SLIPWAY_LOG: 'warn' });
  let peer: Awaited<ReturnType<typeof ttyd>> | undefined;
  try {
    say(`${labs} toolboxes start`);
    const made = await toolboxes(here, labs, root);
    await here.start();
    peer = await ttyd(
      installed,
      made.map(({ container }) => container),
    );
    const { ports } = peer;
    const ours = oursOn(here, made);
    const floodOurs = floods.map(({ toolbox, shell }): FloodPlace => {
      const lab = made[toolbox];
      if (lab === undefined) throw new Error('there are too few toolboxes');
      return { origin: here.origin, session: lab.session, cookie: lab.cookie, shell };
    });
    const floodPeer = floods.map(({ toolbox }): FloodPlace => ({ port: ports[toolbox] ?? 0 }));
    const sum = await unlessStopped(signal, prepare(ours));
    for (const carrier of [ours, peer]) {
      say(`warming up ${carrier.name}`);
      await unlessStopped(signal, warmUp(carrier));
    }
    const rounds: { ours: Side; peer: Side }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const first = pair % 2 === 0 ? await unlessStopped(signal, side(ours, floodOurs, sum, say)) : null;
      const theirs = await unlessStopped(signal, side(peer, floodPeer, sum, say));
      const mine = first ?? (await unlessStopped(signal, side(ours, floodOurs, sum, say)));
      rounds.push({ ours: mine, peer: theirs });
      say(`pair ${pair + 1} of ${pairs}\n  ours ${told(mine)}\n  ttyd ${told(theirs)}`);
    }
    return { figures: figuresOf(rounds), details: { rounds, peer: 'ttyd 1.7, docker exec -it', labs, shellsEach, keys } };
  } finally {
    await peer?.close();
    await here.close();
    await sweep(here);
  }
}

const told = (one: Side) =>
  Object.entries(one)
    .map(([name, value]: [string, number]) => `${name} ${value.toFixed(1)}`)
    .join(', ');

async function prepare(ours: Carrier): Promise<string> {
  const terminal = await ours.open(0, 1);
  await prompt(terminal);
  const sum = await makeBulk(terminal);
  await terminal.exit();
  return sum;
}

/** What is done once in a process, or grows with its first use, is not what is measured. */
async function warmUp(carrier: Carrier): Promise<void> {
  for (let time = 0; time < 3; time += 1) await timeToPrompt(carrier);
  await burst(carrier, labs, shellsEach);
  await growthBehindStall(carrier);
}

async function side(carrier: Carrier, floodPlaces: readonly FloodPlace[], sum: string, say: (line: string) => void): Promise<Side> {
  const doing = (what: string) => say(`  ${carrier.name}: ${what}`);
  doing('opens');
  const opens: number[] = [];
  for (let time = 0; time < 9; time += 1) opens.push(await timeToPrompt(carrier));
  doing('a burst of opens');
  const burstMilliseconds = await burst(carrier, labs, shellsEach);
  doing('keys');
  const typing = await calm(await carrier.open(0, 1));
  const echoes = await keyEchoes(typing, keys);
  doing('keys beside floods');
  const flood = await duringFlood(floodPlaces, () => keyEchoes(typing, keys));
  await typing.exit();
  doing('bulk');
  const reading = await calm(await carrier.open(0, 1));
  const bulk = await showBulk(reading);
  await reading.exit();
  if (bulk.sum !== sum) throw new Error(`${carrier.name} lost or changed bytes: SHA-256 ${bulk.sum}, and not ${sum}`);
  doing('a stalled reader, and Ctrl-C');
  return {
    openMilliseconds: quantile(opens, 0.5),
    burstMilliseconds,
    echoP95: spread(echoes).p95,
    floodEchoP99: quantile(flood.result, 0.99),
    floodMiBPerSecond: flood.mibPerSecond,
    bulkMiBPerSecond: bulkBytes / 1024 ** 2 / (bulk.milliseconds / 1000),
    stallGrowthMiB: await growthBehindStall(carrier),
    interruptMilliseconds: Math.max(...(await interruptYes(carrier, 5))),
  };
}

function figuresOf(rounds: readonly { ours: Side; peer: Side }[]): Figure[] {
  const pairsOf = (name: keyof Side) => rounds.map(({ ours, peer }) => ({ ours: ours[name], peer: peer[name] }));
  const ours = (name: keyof Side) => rounds.map((round) => round.ours[name]);
  const peer = (name: keyof Side) => rounds.map((round) => round.peer[name]);
  return [
    ofPairs({ name: 'P6', what: 'open a new shell to its prompt, p50', unit: 'ms', bar: 0.6 }, pairsOf('openMilliseconds')),
    ofPairs(
      { name: 'P6', what: `${labs * shellsEach} shells opened at once, to the last prompt`, unit: 'ms', bar: 1 },
      pairsOf('burstMilliseconds'),
    ),
    ofPairs({ name: 'P7', what: `echo of a key at a prompt, ${keys} keys, p95`, unit: 'ms', bar: 1.5 }, pairsOf('echoP95')),
    ofLimit(
      { name: 'P7', what: `echo of a key beside ${floods.length} floods, p99`, unit: 'ms', limit: 20 },
      ours('floodEchoP99'),
      peer('floodEchoP99'),
    ),
    ofPairs({ name: 'P8', what: '50 MiB shown, SHA-256 equal', unit: 'MiB/s', bar: 1.3, holds: 'at least' }, pairsOf('bulkMiBPerSecond')),
    ofLimit(
      { name: 'P9', what: 'memory of the server behind a stalled reader of 100 MiB', unit: 'MiB', limit: 5 },
      ours('stallGrowthMiB'),
      peer('stallGrowthMiB'),
    ),
    ofLimit(
      { name: 'P9', what: 'Ctrl-C in the middle of yes, to the prompt, slowest of 5', unit: 'ms', limit: 200 },
      ours('interruptMilliseconds'),
      peer('interruptMilliseconds'),
    ),
  ];
}
