import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machine, quantile } from './bench-lab.ts';

/** One figure of a measurement: ours beside the peer's in the same run, and whether the bar holds. */
export interface Figure {
  /** The bar's number in the table of performance: P6. */
  name: string;
  what: string;
  /** Ours by the peer's; where the bar is absolute, ours by what is allowed. */
  ratio: number;
  /** Null where nothing is judged. */
  bar: number | null;
  /** Whether the ratio must stay under the bar or reach it. */
  holds: 'at most' | 'at least';
  ok: boolean;
  unit: string;
  ours: number;
  peer: number | null;
  /** Of the ratios of all pairs. */
  pairs: { count: number; min: number; median: number; max: number };
  note?: string;
}

interface Measured {
  name: string;
  what: string;
  unit: string;
  bar: number | null;
  holds?: Figure['holds'];
  note?: string;
}

const digits = (number: number) => Number(number.toPrecision(4));
const median = (numbers: readonly number[]) => quantile(numbers, 0.5);

/** The figure of pairs that were measured one right after the other: the median of their ratios counts. */
export function ofPairs(measured: Measured, pairs: readonly { ours: number; peer: number }[]): Figure {
  const ratios = pairs.map(({ ours, peer }) => ours / peer);
  return judged(measured, ratios, median(pairs.map(({ ours }) => ours)), median(pairs.map(({ peer }) => peer)));
}

/** The figure of an absolute bar: the ratio is to what is allowed, and the peer's number, where there is one, only stands beside it. */
export function ofLimit(
  measured: Omit<Measured, 'bar'> & { limit: number; judge?: boolean },
  ours: readonly number[],
  peer: readonly number[] = [],
): Figure {
  const { limit, judge = true, ...rest } = measured;
  const ratios = ours.map((one) => one / limit);
  return judged({ ...rest, bar: judge ? 1 : null }, ratios, median(ours), peer.length > 0 ? median(peer) : null);
}

/** The figure of what must not be: of all that happened, none. */
export function ofFailures(measured: Omit<Measured, 'bar' | 'holds'>, ours: readonly number[], peer: readonly number[] = []): Figure {
  const all = (counts: readonly number[]) => counts.reduce((sum, one) => sum + one, 0);
  return judged({ ...measured, bar: 0 }, [all(ours)], all(ours), peer.length > 0 ? all(peer) : null);
}

function judged(measured: Measured, ratios: readonly number[], ours: number, peer: number | null): Figure {
  const { bar, holds = 'at most' } = measured;
  const ratio = median(ratios);
  return {
    ...measured,
    holds,
    ratio: digits(ratio),
    ok: bar === null || (holds === 'at most' ? ratio <= bar : ratio >= bar),
    ours: digits(ours),
    peer: peer === null ? null : digits(peer),
    pairs: { count: ratios.length, min: digits(quantile(ratios, 0)), median: digits(ratio), max: digits(quantile(ratios, 1)) },
  };
}

/** Keeps a bench's figures, and the machine they are of with how busy it was before, under `bench/results/`. */
export async function keepResults(root: string, name: string, busy: number, figures: readonly Figure[], details: unknown): Promise<void> {
  const folder = join(root, 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const result = { bench: name, at: new Date().toISOString(), machine: { ...machine(), loadByCore: digits(busy) }, figures, details };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

/** A figure as a line for people. */
export function lineOf({ name, what, unit, ours, peer, ratio, bar, holds, ok, pairs }: Figure): string {
  const sides = peer === null ? `${ours} ${unit}` : `${ours} ${unit}, peer ${peer} ${unit}`;
  const limit = bar === null ? 'no bar' : `${holds} ${bar}`;
  return `${ok ? '✓' : '✗'} ${name.padEnd(4)} ${what}: ${sides}; ratio ${ratio} (${pairs.min} to ${pairs.max} of ${pairs.count}), ${limit}`;
}
