import { describe, expect, it } from 'vitest';
import { suggestedPool, wantedSpares } from '#runtime/pool-plan.ts';
import { poolFinding } from '../../../src/cli/host/pool-finding.ts';

const GiB = 1024 ** 3;
const now = Date.parse('2026-11-24T10:00:00Z');
const hour = 60 * 60_000;
const labs = ['04-state', '05-http', '06-logs'].map((id) => ({ id, bytes: GiB }));
const use = (lab: string, hoursAgo: number, isLive = false) => ({ lab, at: now - hoursAgo * hour, isLive });
const wanted = (uses: ReturnType<typeof use>[], budget = 10) =>
  Object.fromEntries(wantedSpares({ labs, budgetBytes: budget * GiB, uses, now }));

describe('what is made ahead', () => {
  it('is the first lab of the course where nobody has begun one', () => {
    expect(wanted([])).toEqual({ '04-state': 2 });
    expect(wanted([], 1)).toEqual({ '04-state': 1 });
  });

  it('is what was begun lately, and the next lab of the course after one that stands', () => {
    expect(wanted([use('05-http', 0.1, true)])).toEqual({ '05-http': 1, '06-logs': 1 });
    expect(wanted([use('06-logs', 0.1, true)])).toEqual({ '06-logs': 1 });
    expect(wanted([use('04-state', 0, true)], 1)).toEqual({ '04-state': 1 });
  });

  it('is divided by how many begin each lab, and never more than there is memory for', () => {
    const begun = [...Array.from({ length: 9 }, () => use('04-state', 0)), ...Array.from({ length: 3 }, () => use('05-http', 0))];
    expect(wanted(begun, 4)).toEqual({ '04-state': 3, '05-http': 1 });
    expect(wanted(begun, 100)).toEqual({ '04-state': 8, '05-http': 6 });
    expect(wanted(begun, 0.5)).toEqual({});
  });

  it('becomes less as time passes, but one stays for whoever comes next', () => {
    expect(wanted([use('05-http', 3)])).toEqual({ '05-http': 1 });
    expect(wanted([use('05-http', 30)])).toEqual({ '04-state': 2 });
    expect(wanted([use('gone', 0)])).toEqual({});
  });
});

describe('the memory of what is made ahead', () => {
  it('is a quarter of what is free, and none on a small machine', () => {
    expect(suggestedPool({ memoryBytes: 16 * GiB, freeBytes: 10 * GiB })).toEqual({
      bytes: 2.5 * GiB,
      why: 'a quarter of the 10.0 GiB of memory that are free',
    });
    expect(suggestedPool({ memoryBytes: 4 * GiB, freeBytes: 3 * GiB }).bytes).toBe(0);
    // The engine's machine may be smaller than ours.
    expect(suggestedPool({ memoryBytes: 8 * GiB, freeBytes: 20 * GiB }).bytes).toBe(2 * GiB);
  });

  it('is told by the doctor, with its reason', () => {
    const memory = { memoryBytes: 16 * GiB, freeBytes: 10 * GiB };
    expect(poolFinding({ poolBytes: null }, memory).found).toBe('may take 2.5 GiB: a quarter of the 10.0 GiB of memory that are free');
    expect(poolFinding({ poolBytes: 0 }, memory).found).toBe('none, as SLIPWAY_POOL_MIB says');
    expect(poolFinding({ poolBytes: 12 * GiB }, memory)).toMatchObject({ state: 'warning', mend: 'set SLIPWAY_POOL_MIB to 2560 or less' });
  });
});
