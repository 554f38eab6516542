/** What the pool is to hold, worked out from what learners did. Pure. */
export interface PoolNeeds {
  /** In course order, with the memory one takes. */
  labs: readonly { id: string; bytes: number }[];
  budgetBytes: number;
  /** Labs that were begun lately; `live` ones stand. */
  uses: readonly { lab: string; at: number; isLive: boolean }[];
  now: number;
}

const day = 24 * 60 * 60_000;
const halfLife = 60 * 60_000;
/** Of what is expected to be asked for within the next hour, a lab below this share is not made ahead. */
const threshold = 0.5;
const mostOfOne = 8;

/**
 * How many spares of each lab: those begun lately, the more the later; the next lab of the course after one that stands; on a fresh
 * site the first. Divided by turns (d'Hondt), as long as there is memory.
 */
export function wantedSpares({ labs, budgetBytes, uses, now }: PoolNeeds): ReadonlyMap<string, number> {
  const expected = new Map<string, number>();
  const expect = (lab: string | undefined, weight: number) => {
    if (lab !== undefined) expected.set(lab, (expected.get(lab) ?? 0) + weight);
  };
  const recent = uses.filter(({ at, isLive }) => isLive || now - at < day);
  if (recent.length === 0) expect(labs[0]?.id, 1);
  for (const { lab, at, isLive } of recent) {
    expect(lab, 0.5 ** (Math.max(0, now - at) / halfLife));
    if (isLive) expect(labs[labs.findIndex(({ id }) => id === lab) + 1]?.id, threshold);
  }
  // However long nobody came, whoever comes next finds one.
  const [likeliest] = [...expected].sort(([, a], [, b]) => b - a);
  if (likeliest !== undefined) expected.set(likeliest[0], Math.max(threshold, likeliest[1]));
  const wanted = new Map<string, number>();
  let left = budgetBytes;
  for (;;) {
    const [next] = labs
      .map(({ id, bytes }) => ({ id, bytes, given: wanted.get(id) ?? 0, share: (expected.get(id) ?? 0) / ((wanted.get(id) ?? 0) + 1) }))
      .filter(({ bytes, given, share }) => share >= threshold && given < mostOfOne && bytes <= left)
      .sort((a, b) => b.share - a.share);
    if (next === undefined) return wanted;
    wanted.set(next.id, next.given + 1);
    left -= next.bytes;
  }
}

const GiB = 1024 ** 3;
const smallMachine = 8 * GiB;

/** The pool's memory where nobody set it: a quarter of what is free, nothing on a small machine. */
export function suggestedPool({ memoryBytes, freeBytes }: { memoryBytes: number; freeBytes: number }): { bytes: number; why: string } {
  const gib = (bytes: number) => `${(bytes / GiB).toFixed(1)} GiB`;
  if (memoryBytes < smallMachine) {
    return {
      bytes: 0,
      why: `the machine has ${gib(memoryBytes)} of memory; below ${gib(smallMachine)} none of it is kept for labs that nobody asked for`,
    };
  }
  const free = Math.min(freeBytes, memoryBytes);
  return { bytes: Math.floor(free / 4), why: `a quarter of the ${gib(free)} of memory that are free` };
}
