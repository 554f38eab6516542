import type { Page } from '@playwright/test';
import type { Status, Verdict } from '#grading/verdict.ts';
import type { CheckResult } from '#runtime/hub.ts';
import type { TaskHistory } from '#store/port.ts';
import { streamEvents } from './events.ts';

/** A session without containers, spoken at the page's own protocol: what the server would say of a lab that is ready. */
export interface PlayedSession {
  /** What each press of Check sent. */
  asked: Record<string, unknown>[];
  /** The server sees a task become this, by itself. */
  turns(task: string, status: Status, findings?: readonly Partial<Verdict['findings'][number]>[]): void;
  /** Answers the presses of Check from now on; without it they wait. */
  answers(reply: (asked: Record<string, unknown>) => { status: number; body: unknown }): void;
}

const began = Date.parse('2026-11-23T14:00:00.000Z');

export async function playSession(page: Page, lab: string): Promise<PlayedSession> {
  const id = 'played';
  const at = new Date(began).toISOString();
  let session = { id, lab, state: 'ready', epoch: 1, reason: null, createdAt: at, changedAt: at };
  const verdicts = new Map<string, CheckResult>();
  let history: Record<string, TaskHistory> = {};
  const asked: Record<string, unknown>[] = [];
  let minutes = 0;
  let reply: ((asked: Record<string, unknown>) => { status: number; body: unknown }) | undefined;
  const waiting: (() => void)[] = [];

  await page.route(`**/api/labs/${lab}/start`, (route) => route.fulfill({ status: 201, json: { session } }));
  await page.route(`**/api/labs/${lab}/session`, (route) => route.fulfill({ json: { session, bests: [] } }));
  await page.route(`**/api/sessions/${id}/log`, (route) => route.fulfill({ json: { entries: [] } }));
  await page.route(`**/api/sessions/${id}/reset`, (route) => {
    session = { ...session, epoch: session.epoch + 1 };
    verdicts.clear();
    history = {};
    changed();
    return route.fulfill({ json: { session } });
  });
  await page.route(`**/api/sessions/${id}/check`, async (route) => {
    const body = route.request().postDataJSON() as Record<string, unknown>;
    asked.push(body);
    if (reply === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
    const answer = reply?.(body) ?? { status: 503, body: {} };
    await route.fulfill({ status: answer.status, json: answer.body });
  });
  const changed = await streamEvents(page, `**/api/sessions/${id}/events`, () => [
    ['session', session],
    ['history', history],
    ...[...verdicts.values()].map((verdict) => ['verdict', verdict] as const),
  ]);
  await page.routeWebSocket(/\/ws\/sessions\//, () => undefined);

  return {
    asked,
    answers(next) {
      reply = next;
      for (const go of waiting.splice(0)) go();
    },
    turns(task, status, findings = []) {
      minutes += 1;
      const when = new Date(began + minutes * 60_000).toISOString();
      const plain = { code: 'test', params: {}, path: '', seen: '', needed: '', why: '', lookAt: '' };
      const verdict = { task, status, score: status === 'passed' ? 1 : 0, findings: findings.map((one) => ({ ...plain, ...one })) };
      verdicts.set(task, { task, verdict, savedAt: when, attempt: `a${minutes}` });
      const before = history[task] ?? { firstPassedAt: null, turns: [] };
      history[task] = {
        firstPassedAt: before.firstPassedAt ?? (status === 'passed' ? when : null),
        turns: [...before.turns, { at: when, status, cause: 'turn' }],
      };
      changed();
    },
  };
}
