/** Somebody in the line of labs that wait to be made. */
export interface Waiting {
  person: string;
  /** Milliseconds since 1970. */
  since: number;
}

/**
 * Whoever holds fewer labs first, then whoever has waited longer. Of several labs that one person waits for, each counts as held for
 * the next: nobody's second lab comes before somebody's first.
 */
export function inFairOrder<W extends Waiting>(waiting: readonly W[], held: (person: string) => number): readonly W[] {
  const rank = new Map<string, number>();
  return waiting
    .toSorted((a, b) => a.since - b.since)
    .map((each) => {
      const mine = rank.get(each.person) ?? held(each.person);
      rank.set(each.person, mine + 1);
      return { each, mine };
    })
    .toSorted((a, b) => a.mine - b.mine || a.each.since - b.each.since)
    .map(({ each }) => each);
}

/**
 * When each of the line begins, in milliseconds from now, if `turns` are made at once: `running` is what those under way still take,
 * `times` what each of the line will. Null from the first that nobody can say: something before it was never timed here.
 */
export function whenEachBegins(
  times: readonly (number | null)[],
  running: readonly (number | null)[],
  turns: number,
): readonly (number | null)[] {
  const free: (number | null)[] = [...running, ...Array.from({ length: Math.max(0, turns - running.length) }, () => 0)];
  return times.map((time) => {
    if (free.some((each) => each === null)) return null;
    const ends = (free as number[]).sort((a, b) => a - b);
    // With more under way than there are turns, the first ends make room for nobody.
    const begins = ends[Math.max(0, ends.length - turns)] ?? 0;
    free.splice(0, ends.length - turns + 1, time === null ? null : begins + time);
    return begins;
  });
}
