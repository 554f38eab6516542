/** Output that several flooding terminals share, in bytes a second: more than anybody reads. One alone is never held back. */
const shared = 1024 * 1024;
/** What such a terminal is let have at once, in bytes: little enough that a key waits for no more than a few of these. */
const piece = 8 * 1024;
/** A terminal floods when it takes this much within the time below, in bytes and milliseconds: pages a second, faster than reading. */
const much = 32 * 1024;
const lately = 500;

export interface Pace {
  /** Milliseconds until the next acknowledgement of this terminal may be passed on. */
  wait(): number;
  /** Bytes that the next acknowledgement may free. */
  most(): number;
  /** It was, and frees this many bytes. */
  passed(bytes: number): void;
  left(): void;
}

/**
 * Shares this machine between terminals that flood: what they may write on is acknowledged in turns, so that nine `yes` leave
 * processor for the tenth's keys. A terminal that shows less than a flood is never waited for.
 */
export function pacer(now: () => number = () => performance.now()) {
  const flooding = new Map<Pace, number>();

  /** How many flood at this moment. */
  function count(): number {
    const at = now();
    for (const [pace, seen] of flooding) if (at - seen > lately) flooding.delete(pace);
    return flooding.size;
  }

  return (): Pace => {
    let since = now();
    let taken = 0;
    let before = 0;
    let free = 0;
    const pace: Pace = {
      wait: () => Math.max(0, free - now()),
      most: () => (flooding.has(pace) && count() > 1 ? piece : Number.POSITIVE_INFINITY),
      passed(bytes) {
        const at = now();
        if (at - since > lately) {
          before = at - since > 2 * lately ? 0 : taken;
          taken = 0;
          since = at;
        }
        taken += bytes;
        if (Math.max(before, taken) > much) flooding.set(pace, at);
        else flooding.delete(pace);
        const others = count();
        free = flooding.has(pace) && others > 1 ? Math.max(at, free) + (bytes * others * 1_000) / shared : at;
      },
      left: () => void flooding.delete(pace),
    };
    return pace;
  };
}
