interface Run {
  shell: number;
  text: string;
}

/** More than a page of commands; the oldest that are done are forgotten. */
const most = 300;

/**
 * Which commands of the lesson were asked for in this window, and which of them the shell has confirmed. Outlives a
 * reload, so that a confirmed one is never sent again, and one that is not is sent until it is.
 */
export function runLog(key: string, storage: Storage) {
  const runs = new Map<string, Run | null>(JSON.parse(storage.getItem(key) ?? '[]') as [string, Run | null][]);
  const save = () => {
    for (const [id, run] of runs) if (runs.size > most && run === null) runs.delete(id);
    storage.setItem(key, JSON.stringify([...runs]));
  };
  return {
    knows: (id: string) => runs.has(id),
    add(id: string, run: Run): void {
      runs.set(id, run);
      save();
    },
    done(id: string): void {
      runs.set(id, null);
      save();
    },
    /** What the shell has not confirmed. */
    open: (): [string, Run][] => [...runs].filter((entry): entry is [string, Run] => entry[1] !== null),
  };
}
