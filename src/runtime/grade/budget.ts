/** A share of this process's time, beyond which work has to wait. */
export interface Budget {
  isSpent(): boolean;
  /** Does the work and counts the time it took. */
  spend(work: () => void): void;
}

/** `share` of the time, averaged over about `span` milliseconds. */
export function budget(share: number, span: number): Budget {
  let spent = 0;
  let at = performance.now();
  const settle = () => {
    const now = performance.now();
    spent = Math.max(0, spent - share * (now - at));
    at = now;
  };
  return {
    isSpent() {
      settle();
      return spent > share * span;
    },
    spend(work) {
      const began = performance.now();
      work();
      spent += performance.now() - began;
    },
  };
}
