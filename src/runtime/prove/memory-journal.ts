import type { JournalEntry } from '#grading/evidence.ts';
import type { JournalStore } from '#store/port.ts';

/** A journal for as long as a proof takes. */
export function memoryJournal(): JournalStore {
  const kept: { session: string; epoch: number; entry: JournalEntry }[] = [];
  return {
    async append(session, epoch, entry) {
      const numbered = { seq: kept.length + 1, ...entry };
      kept.push({ session, epoch, entry: numbered });
      return numbered;
    },
    async list(session, epoch, witnesses) {
      return kept
        .filter((one) => one.session === session && one.epoch === epoch && witnesses.includes(one.entry.witness))
        .map(({ entry }) => entry);
    },
  };
}
