import { freemem, totalmem } from 'node:os';
import { suggestedPool } from '#runtime/pool-plan.ts';
import type { Settings } from '#runtime/settings.ts';
import { type Finding, inGiB } from './finding.ts';

/** How much memory labs may take that nobody asked for yet, and why. */
export function poolFinding(
  { poolBytes }: Pick<Settings, 'poolBytes'>,
  memory: { memoryBytes: number; freeBytes: number } = { memoryBytes: totalmem(), freeBytes: freemem() },
): Finding {
  const base = { id: 'pool', title: 'Labs made ahead', state: 'ok' as const };
  const suggested = suggestedPool(memory);
  if (poolBytes !== null) {
    const set = poolBytes === 0 ? 'none, as SLIPWAY_POOL_MIB says' : `may take ${inGiB(poolBytes)}, as SLIPWAY_POOL_MIB says`;
    const tooMuch = poolBytes > memory.freeBytes;
    return tooMuch
      ? {
          ...base,
          state: 'warning',
          found: `${set}; ${inGiB(memory.freeBytes)} are free`,
          breaks: 'Labs that stand ready are given up again as soon as learners need the memory.',
          mend: `set SLIPWAY_POOL_MIB to ${Math.floor(suggested.bytes / 1024 ** 2)} or less`,
        }
      : { ...base, found: set };
  }
  if (suggested.bytes === 0) return { ...base, found: `none: ${suggested.why}` };
  return { ...base, found: `may take ${inGiB(suggested.bytes)}: ${suggested.why}` };
}
