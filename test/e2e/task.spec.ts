import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { type PlayedSession, playSession } from './small/session.ts';

test.use({
  baseURL: async ({ small }, use) => use(small.origin),
  viewport: { width: 1440, height: 900 },
  timezoneId: 'Pacific/Auckland',
});

let session: PlayedSession;

test.beforeEach(async ({ page }) => {
  session = await playSession(page, '01-harbour');
  await page.goto('/lessons/01-harbour');
  await page.getByRole('button', { name: /^Start/ }).click();
  await expect(page.locator('.lab-menu summary')).toBeVisible();
});

test('a task that tries something says so before Check is pressed, and while it lasts', async ({
  page,
  guarded: _,
  accessible,
  picture,
}) => {
  const task = page.locator('lab-task[task="storm"]');
  const check = task.getByRole('button', { name: 'Check and try' });
  await expect(check).toHaveAccessibleDescription(/Check does this: It asks the harbour to let in a ship without papers/);
  await check.click();
  await expect(task.getByRole('progressbar')).toBeVisible();
  await expect(task.getByText('What it changes, it puts back')).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'What it changes, it puts back' })).toHaveCount(1);
  await task.scrollIntoViewIfNeeded();
  await accessible('a trial under way');
  await picture('trial');
  session.answers(() => ({ status: 200, body: { results: [result('storm', 'passed')] } }));
  await expect(task.getByRole('progressbar')).toBeHidden();
  await expect(task.locator('[data-part="status"]')).toContainText('Passed');
});

test('a task whose trial was not made yet is ready to be checked, and no failure', async ({ page }) => {
  const task = page.locator('lab-task[task="storm"]');
  session.turns('storm', 'not-yet', [{ code: 'trial.waiting', seen: 'All is as it should be.' }]);
  await expect(task.locator('[data-part="status"]')).toContainText('Ready to check');
  await expect(task.locator('[data-part="status"]')).not.toContainText(/not yet/i);
  await expect(task.getByRole('term')).toHaveCount(0);
  await expect(page.getByRole('navigation', { name: 'Tasks of this lab' })).toContainText('Ready to check');
  session.turns('crane', 'passed');
  await expect(page.getByText('1 of 3 passed').filter({ visible: true })).toBeVisible();
});

test('on a small screen the tasks and the shell share the window, and nothing is cut off', async ({ page, accessible, picture }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  session.turns('storm', 'not-yet', [{ code: 'trial.waiting' }]);
  const task = page.locator('lab-task[task="storm"]');
  await expect(task.locator('[data-part="status"]')).toContainText('Ready to check');
  await task.getByRole('button', { name: 'Check and try' }).scrollIntoViewIfNeeded();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  await accessible('a task on a small screen');
  await picture('task-390');
  await page.goto('/authoring');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  await accessible('authoring on a small screen');
});

test('answers go with Check, stay while one types, and a refusal leads to its field', async ({ page, accessible, picture }) => {
  const task = page.locator('lab-task[task="berth"]');
  const berth = task.getByLabel('Which berth is it?');
  await berth.fill('seven');
  await task.getByLabel('And which ship?').fill('Ariel <b>');
  await page.reload();
  await page.getByRole('button', { name: /^Start/ }).click();
  await expect(berth).toHaveValue('seven');
  await expect(task.getByRole('button', { name: 'Check' })).toBeVisible();
  session.answers(() => ({
    status: 400,
    body: { error: { code: 'bad-field', message: 'answers.number: a berth is a number.', field: 'answers.number' } },
  }));
  await berth.press('Enter');
  await expect(task.locator('[data-part="problem"]')).toContainText('a berth is a number');
  await expect(berth).toBeFocused();
  await expect(berth).toHaveAttribute('aria-invalid', 'true');
  expect(session.asked.at(-1)).toEqual({ task: 'berth', answers: { number: 'seven', ship: 'Ariel <b>' } });
  await accessible('a refused answer');
  await picture('answers');
  await berth.fill('7');
  await expect(berth).not.toHaveAttribute('aria-invalid', 'true');
  session.answers(() => ({ status: 200, body: { results: [result('berth', 'passed')] } }));
  await task.getByRole('button', { name: 'Check' }).click();
  await expect(task.locator('[data-part="status"]')).toContainText('This stays passed');
  await page.getByRole('button', { name: 'Check and try all' }).click();
  await expect.poll(() => session.asked.at(-1)).toEqual({ answers: { number: '7', ship: 'Ariel <b>' } });
});

test('a tick appears by itself, turns back gently, and each turn is kept in the reader’s own time', async ({
  page,
  accessible,
  picture,
}) => {
  const task = page.locator('lab-task[task="crane"]');
  session.turns('crane', 'passed');
  await expect(task.locator('[data-part="status"]')).toContainText('Passed');
  await expect(task.locator('[data-part="turns"]')).toContainText('First passed at');
  session.turns('crane', 'wrong', [{ seen: 'No crane.', needed: 'A crane.', why: 'Crates are heavy.', lookAt: 'The quay.' }]);
  await expect(task.locator('[data-part="status"]')).toContainText('It was as it should be, and something changed since');
  await task.getByText(/turned once/).click();
  // 14:01 in UTC.
  await expect(task.getByRole('listitem').filter({ hasText: 'seen by itself' }).last()).toContainText('03:01');
  session.turns('crane', 'passed');
  await expect(task.getByText(/turned 2 times/)).toBeVisible();
  await expect(task.getByRole('listitem').filter({ hasText: 'seen by itself' })).toHaveCount(3);
  await accessible('a history');
  await picture('history');
});

test('a lab that begins anew forgets its verdicts, and keeps what was earned', async ({ page }) => {
  const task = page.locator('lab-task[task="crane"]');
  session.turns('crane', 'passed');
  session.turns('berth', 'wrong', [{ seen: 'No berth.' }]);
  await expect(page.locator('lab-task[task="berth"]').getByRole('term')).toHaveCount(1);
  await page.locator('.lab-menu summary').click();
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
  await expect(task.locator('[data-part="status"]')).toHaveText('Passed earlier');
  await expect(task.locator('[data-part="turns"]')).toBeHidden();
  await expect(page.locator('lab-task[task="berth"]').locator('[data-part="status"]')).toBeEmpty();
  await expect(page.locator('lab-task[task="berth"]').getByRole('term')).toHaveCount(0);
});

test('what could not be looked at is not held against the learner', async ({ page, picture }) => {
  const task = page.locator('lab-task[task="crane"]');
  session.turns('crane', 'cannot-check', [{ seen: 'crane could not be read: the API server does not answer', needed: 'To look.' }]);
  await expect(task.locator('[data-part="status"]')).toContainText('says nothing about your work');
  await picture('cannot-check');
  session.turns('crane', 'not-yet', [{ seen: 'One copy is starting.', needed: 'A ready copy.' }]);
  await expect(task.locator('[data-part="status"]')).toContainText('checked again by itself');
  await expect(task.getByRole('progressbar', { name: /at work on this/ })).toBeVisible();
  await expect(task.getByText(/At work for/)).toBeVisible();
});

test('a verdict is read out once, in the page’s one live region, with what was seen first', async ({ page }) => {
  const said = await listen(page);
  const task = page.locator('lab-task[task="crane"]');
  session.answers(() => ({ status: 200, body: { results: [result('crane', 'wrong', 'No crane.')] } }));
  await task.getByRole('button', { name: 'Check' }).click();
  await expect.poll(() => said).toEqual(['The crane stands: Needs work. No crane.']);
  // The same again is news to whom asked for it.
  await task.getByRole('button', { name: 'Check' }).click();
  await expect.poll(() => said.length).toBe(2);
  expect(said[1]).toBe(said[0]);
  // Tasks speak through it alone.
  await expect(page.locator('lab-task').getByRole('status')).toHaveCount(0);
  await expect(page.locator('lab-task').getByRole('alert')).toHaveCount(0);
});

test('a task that turns and turns again is read out meanwhile, not only once it is at rest', async ({ page }) => {
  const said = await listen(page);
  await expect(async () => {
    session.turns('crane', 'wrong', [{ seen: 'No crane.' }]);
    session.turns('crane', 'passed');
    expect(said.length).toBeGreaterThan(1);
  }).toPass({ timeout: 10_000, intervals: [20] });
  expect(said[0]).toContain('The crane stands: Passed');
});

test('hostile text from a cluster is shown as text', async ({ page, guarded: _ }) => {
  const hostile = '<img src=x onerror="document.title=1">`</code><script>document.title=2</script>` \u202e{seen}';
  session.turns('crane', 'wrong', [{ code: '<b>', seen: hostile, needed: hostile, why: hostile, lookAt: hostile }]);
  const finding = page.locator('lab-task[task="crane"] .finding');
  await expect(finding).toContainText('<img src=x onerror="document.title=1">');
  await expect(finding.locator('img, script, b')).toHaveCount(0);
  await expect(page).toHaveTitle(/The harbour/);
});

test('a lesson says whether its lab is proved, and what that means', async ({ page }) => {
  await page.goto('/lessons/02-canal');
  await expect(page.getByText('Not proved yet')).toBeVisible();
  await page.goto('/lessons/01-harbour');
  await expect(page.locator('.proof')).toContainText('Proved on Kubernetes 1.35.4, 20 Nov 2026. Its checks were shown right and wrong');
});

test('an author sees every lab with its proof, and what to do next', async ({ page, guarded: _, accessible, picture }) => {
  await page.goto('/authoring');
  const harbour = page.getByRole('region', { name: 'The harbour' });
  await expect(harbour).toContainText('Proved');
  await expect(harbour).toContainText('4 of 109 survived');
  await expect(harbour.getByRole('row', { name: /You know your berth/ })).toContainText('kube.list');
  await expect(harbour.getByRole('row', { name: /It holds in a storm/ })).toContainText('a ship without papers');
  const canal = page.getByRole('region', { name: 'The canal' });
  await expect(canal).toContainText('grade.ts does not say how lock is judged');
  await expect(canal).toContainText('./slipway lab test 02-canal');
  await accessible('authoring');
  await picture('authoring');
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture('authoring-dark');
});

/** What the page's live region says from now on. */
async function listen(page: Page): Promise<readonly string[]> {
  const said: string[] = [];
  await page.exposeFunction('hear', (words: string) => said.push(words));
  await page.locator('#announcer').evaluate((region) => {
    const { hear } = window as unknown as { hear(words: string): void };
    new MutationObserver(() => hear(region.textContent)).observe(region, { childList: true });
  });
  return said;
}

function result(task: string, status: string, seen?: string) {
  const plain = { code: 'test', params: {}, path: '', needed: '', why: '', lookAt: '' };
  const verdict = { task, status, score: status === 'passed' ? 1 : 0, findings: seen === undefined ? [] : [{ ...plain, seen }] };
  return { task, verdict, savedAt: '2026-11-23T14:30:00.000Z', cause: 'check', attempt: 'a' };
}
