import type { JournalEntry } from '#grading/evidence.ts';
import type { SessionJournal } from '#store/port.ts';

/** A journal for as long as a proof takes. */
export function memoryJournal(): SessionJournal {
  const kept: { session: string; epoch: number; entry: JournalEntry }[] = [];
  const self: SessionJournal = {
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
    latest: async (session, epoch, witness) => (await self.list(session, epoch, [witness])).at(-1) ?? null,
  };
  return self;
}
