const last = new WeakMap<object, Promise<unknown>>();

/** Does pieces of work about one thing one after another, first come first served. */
export function inTurn<T>(about: object, work: () => Promise<T>): Promise<T> {
  const before = last.get(about) ?? Promise.resolve();
  const own = before.then(work, work);
  last.set(
    about,
    own.catch(() => {}), // Whoever asked for this work is told; the next one begins in any case.
  );
  return own;
}
