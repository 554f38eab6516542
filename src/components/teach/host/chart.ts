/** The geometry of a chart: a box of 600 by 160 whose left edge is the oldest moment, and whose bottom is nothing. */
export const box = { width: 600, height: 160 };

export interface Line {
  name: string;
  /** How it looks; each differs from the others by more than its colour. */
  tone: 'sea' | 'hull' | 'moss' | 'brass';
  values: readonly number[];
}

const folds = {
  highest: (values: readonly number[]) => Math.max(0, ...values),
  sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
};
export type Fold = keyof typeof folds;

/** All of them as one number. */
export const folded = (values: readonly number[], fold: Fold): number => folds[fold](values);

/** At most so many points, each standing for several values: their highest, so that no peak is lost, or how much they are together. */
export function thinned(values: readonly number[], points: number, fold: Fold): number[] {
  const each = Math.max(1, Math.ceil(values.length / points));
  return Array.from({ length: Math.ceil(values.length / each) }, (_, index) => folds[fold](values.slice(index * each, (index + 1) * each)));
}

/** The round number at the top of a chart: 1, 2 or 5 times a power of ten. */
export function top(values: readonly number[], least = 1): number {
  const highest = Math.max(least, ...values);
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 5].find((step) => step * power >= highest * 0.999) ?? 10) * power;
}

/** The `d` of a path through the values; a single one is a line all the same. */
export function path(values: readonly number[], highest: number): string {
  const points = values.length === 1 ? [...values, ...values] : values;
  const step = box.width / Math.max(1, points.length - 1);
  const y = (value: number) => round(box.height * (1 - Math.min(1, value / highest)));
  return points.map((value, index) => `${index === 0 ? 'M' : 'L'}${round(index * step)} ${y(value)}`).join('');
}

/** Where a moment lies, of 0 at the left to the width. */
export function along(at: number, from: number, to: number): number {
  return round((box.width * (at - from)) / Math.max(1, to - from));
}

/** The one in the middle, of an even number the higher; undefined of none. */
export function median(numbers: readonly number[]): number | undefined {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

const round = (number: number) => Math.round(number * 10) / 10;
