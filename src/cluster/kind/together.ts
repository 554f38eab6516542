/**
 * Runs the same work for several things at once. The first failure stops the others and is thrown only when all have come
 * to rest: whoever cleans up afterwards must not race with work that still makes things.
 */
export async function together<T>(
  signal: AbortSignal,
  items: readonly T[],
  run: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failing = new AbortController();
  const stop = AbortSignal.any([signal, failing.signal]);
  let first: { error: unknown } | undefined;
  await Promise.all(
    items.map((item) =>
      run(item, stop).catch((error: unknown) => {
        first ??= { error };
        failing.abort();
      }),
    ),
  );
  if (first) throw first.error;
}
