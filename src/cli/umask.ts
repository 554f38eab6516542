let users: number | undefined;

/** From here on, what this process and the server write is for this user alone: names, evidence, hashes of tokens. */
export function keepToOneself(): void {
  users ??= process.umask(0o077);
}

/** Starts a program, or writes files, under the umask the user gave us: what is not ours to hide. `work` must not wait for anything. */
export function asTheUserWould<T>(work: () => T): T {
  if (users === undefined) return work();
  const ours = process.umask(users);
  try {
    return work();
  } finally {
    process.umask(ours);
  }
}
