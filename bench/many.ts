import { setTimeout as pause } from 'node:timers/promises';
import { type BenchOptions, unlessStopped } from './bench-lab.ts';
import { ofFailures, ofPairs } from './figure.ts';
import { type Kind, peerName, stockKind } from './lab/kind.ts';
import type { Began } from './lab/learner.ts';
import { type BenchSite, bare, benchSite, capturesGood } from './lab/site.ts';

/** How long those in line are watched for a lab that should not have been begun. */
const watchMilliseconds = 30_000;

interface Makespan {
  milliseconds: number;
  failures: readonly string[];
}

/**
 * P5: as many starts at the same moment as `most` (ten), beside as many `kind create cluster --wait`, until the last is there. P4: labs
 * that stand at the same time, beside a loop of `kind create cluster` until one fails or `density` stand; ours may queue, not fail.
 */
export async function measure(options: BenchOptions) {
  const { signal, say, pairs = 2, most = 10 } = options;
  await using kind = await stockKind(options);
  await using on = await benchSite(options, { captures: 1 });
  say('a capture is taken');
  await on.reaches(capturesGood, 1, 900);
  const rounds: { ours: Makespan & { ways: unknown }; peer: Makespan }[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const early = pair % 2 === 0 ? await unlessStopped(signal, oursAtOnce(on, most)) : null;
    const peer = await kindAtOnce(kind, most);
    signal.throwIfAborted();
    const ours = early ?? (await unlessStopped(signal, oursAtOnce(on, most)));
    rounds.push({ ours, peer });
    say(`pair ${pair + 1}: ${JSON.stringify(rounds.at(-1))}`);
  }
  const loop = await kindUntilFailure(kind, options);
  signal.throwIfAborted();
  say(`the loop of kind made ${loop.made}: ${loop.why}`);
  const density = await oursUntilQueued(on, options);
  say(`ours: ${JSON.stringify(density)}`);
  const sides = rounds.map(({ ours, peer }) => ({ ours: ours.milliseconds, peer: peer.milliseconds }));
  const failed = rounds.map(({ ours }) => ours.failures.length);
  const figures = [
    ofPairs({ name: 'P5', what: `${most} starts at once, to the last prompt, beside as many of kind’s`, unit: 'ms', bar: 0.7 }, sides),
    ofFailures(
      { name: 'P5', what: `starts that failed, of ${most} at once`, unit: 'starts' },
      failed,
      rounds.map(({ peer }) => peer.failures.length),
    ),
    ofPairs({ name: 'P4', what: 'labs that stand at once, beside a loop of kind’s', unit: 'labs', bar: 1, holds: 'at least' }, [
      { ours: density.stand, peer: loop.made },
    ]),
    ofFailures({ name: 'P4', what: 'starts that failed; others wait in line', unit: 'starts' }, [density.failures.length]),
  ];
  return { figures, details: { kind: kind.version, most, rounds, loop, density } };
}

async function oursAtOnce(on: BenchSite, count: number): Promise<Makespan & { ways: unknown }> {
  const people = await on.learners(count);
  const began = performance.now();
  const outcomes = await Promise.allSettled(people.map((one) => one.start(bare)));
  const milliseconds = Math.round(performance.now() - began);
  const stand = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : null));
  await Promise.all(people.map(async (one, index) => stand[index] && (await one.end(stand[index].session))));
  return { milliseconds, failures: failuresOf(outcomes), ways: stand.map((one: Began | null) => one?.way ?? null) };
}

async function kindAtOnce(kind: Kind, count: number): Promise<Makespan> {
  const numbers = Array.from({ length: count }, (_, number) => number);
  const began = performance.now();
  const outcomes = await Promise.allSettled(numbers.map((number) => kind.create(peerName(number))));
  const milliseconds = Math.round(performance.now() - began);
  for (const number of numbers) await kind.remove(peerName(number));
  return { milliseconds, failures: failuresOf(outcomes) };
}

const failuresOf = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason).slice(0, 500)] : []));

async function kindUntilFailure(kind: Kind, { density = 20 }: BenchOptions) {
  let made = 0;
  let why = `stopped at ${density}`;
  while (made < density) {
    const outcome = await kind.create(peerName(made)).catch((error: unknown) => error);
    if (typeof outcome !== 'number') {
      why = String(outcome).slice(0, 500);
      break;
    }
    made += 1;
  }
  for (let number = 0; number <= made && number < density; number += 1) await kind.remove(peerName(number));
  return { made, why };
}

/** Asks for two labs more than are to stand: whether these stand or wait, nothing fails. */
async function oursUntilQueued(on: BenchSite, { density = 20, signal }: BenchOptions) {
  const people = await on.learners(density + 2);
  const leave = new AbortController();
  let stand = 0;
  const failures: string[] = [];
  const starts = people.map(async (one) => {
    try {
      await one.start(bare);
      stand += 1;
    } catch (error) {
      // Those in line are hung up on at the end.
      if (!leave.signal.aborted) failures.push(String(error).slice(0, 500));
    }
  });
  const all = Promise.all(starts);
  const isOver = async () => {
    const begun = await on.figure('slipway_sessions{state="starting"}');
    const waiting = await on.figure('slipway_queue_length');
    return begun === 0 && waiting > 0;
  };
  const settled = async () => {
    for (let since = Date.now(); Date.now() - since < watchMilliseconds; ) {
      if (!(await isOver())) since = Date.now();
      await pause(1_000, undefined, { signal });
      if (stand + failures.length === people.length) return;
    }
  };
  await Promise.race([all, settled()]);
  const queued = await on.figure('slipway_queue_length');
  leave.abort();
  void all;
  return { stand, queued, failures };
}
