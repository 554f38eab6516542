import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from '@playwright/test';
import type { Status } from '#grading/verdict.ts';
import { openStore } from '#store/open.ts';
import type { Attempt, LabSession, Person, Store } from '#store/port.ts';
import type { Site } from '../../acceptance/site.ts';

/** The database of a running site, and the person whose browser this is. */
export interface Seeded {
  store: Store;
  person: Person;
  /** A lab session of theirs that is ready, as if its containers ran. */
  ready(lab: string): Promise<LabSession>;
  /** An attempt on record. */
  attempt(session: LabSession, task: string, status: Status, seen?: string): Promise<Attempt>;
  /** Takes all of it back, and what the page kept: the next test begins with nothing. */
  close(): Promise<void>;
}

/** Writes what only a cluster would lead to straight into the store of a site: from then on everything is the server's own. */
export async function seed(site: Site, page: Page): Promise<Seeded> {
  const store = await openStore({ folder: site.data, asItIs: true });
  await page.goto(`${site.origin}/`);
  const token = (await page.context().cookies(site.origin)).find(({ name }) => name === 'slipway')?.value ?? '';
  const person = await store.people.bySession(token);
  if (person === null) throw new Error('the browser has no session');
  return {
    store,
    person,
    async ready(lab) {
      const { session } = await store.sessions.begin({ person: person.id, lab, labVersion: 'v1' });
      await store.sessions.admit(session.id);
      const ready = await store.sessions.move(session.id, 'ready');
      if (ready === null) throw new Error('the session could not be made ready');
      return ready;
    },
    async attempt({ id, lab, epoch, labVersion }, task, status, seen = '') {
      const at = new Date().toISOString();
      const finding = { code: 'test', params: {}, path: '', seen, needed: 'All is well.', why: 'Ships wait.', lookAt: 'the quay' };
      return await store.attempts.record({
        ...{ session: id, person: person.id, lab, task, cause: 'check', at, epoch, labVersion },
        ...{ graderVersion: 'g1', kubernetesVersion: 'v1.35.4', points: 2 },
        verdict: { task, status, score: status === 'passed' ? 2 : 0, findings: status === 'passed' ? [] : [finding] },
        evidence: { task, at, settlingSince: null, observed: {}, journal: [], trials: null, partial: false },
      });
    },
    async close() {
      await store.close();
      const file = new DatabaseSync(join(site.data, 'slipway.db'), { enableForeignKeyConstraints: true, timeout: 5_000 });
      // Attempts, disputes and logs go with their session.
      for (const table of ['lab_session', 'help', 'desk', 'best']) file.prepare(`delete from ${table} where person = ?`).run(person.id);
      file.close();
    },
  };
}
