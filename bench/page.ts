import type { BenchOptions } from './bench-lab.ts';
import type { Figure } from './figure.ts';

export async function measure(_: BenchOptions): Promise<{ figures: Figure[]; details: unknown }> {
  return { figures: [], details: null };
}
