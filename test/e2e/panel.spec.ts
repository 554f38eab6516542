import type { Page } from '@playwright/test';
import type { Place } from '#runtime/admission.ts';
import type { PhaseView, SessionView } from '#runtime/hub.ts';
import type { LabLogEntry } from '#store/port.ts';
import { expect, test } from './fixtures.ts';
import { streamEvents } from './small/events.ts';

test.use({ baseURL: async ({ small }, use) => use(small.origin), viewport: { width: 1440, height: 900 } });

const lesson = '/lessons/01-harbour';
const lab = '01-harbour';

/** A lab without containers whose state the test says: the page is told as the server would tell it. */
async function playLab(page: Page) {
  const minute = 60_000;
  const now = Date.now();
  const ago = (minutes: number) => new Date(now - minutes * minute).toISOString();
  const log: LabLogEntry[] = [];
  const asked: { path: string; body: unknown }[] = [];
  let phases: PhaseView[] = [];
  let pausesAt: string | null = null;
  let place: Place | null = null;
  let session: SessionView = {
    id: 'played',
    lab,
    state: 'ready',
    way: 'cold',
    epoch: 1,
    reason: null,
    createdAt: ago(60),
    changedAt: ago(30),
    activeAt: ago(16),
    keepUntil: null,
  };
  await page.route(`**/api/labs/${lab}/*`, (route) => route.fulfill({ json: { session, bests: [] } }));
  await page.route('**/api/sessions/played/*', (route) => {
    const path = new URL(route.request().url()).pathname.split('/').at(-1) ?? '';
    if (path === 'log') return route.fulfill({ json: { entries: log } });
    asked.push({ path, body: route.request().postDataJSON() });
    return route.fulfill({ json: { session } });
  });
  const changed = await streamEvents(page, '**/api/sessions/played/events', () => [
    ['session', session],
    ['phases', { epoch: 1, phases }],
    ['idle', { pausesAt }],
    ['place', { place }],
  ]);
  await page.routeWebSocket(/\/ws\/sessions\//, () => undefined);
  return {
    asked,
    ago,
    is(change: Partial<SessionView>, more: { phases?: PhaseView[]; pausesAt?: string | null; place?: Place | null } = {}) {
      session = { ...session, ...change };
      phases = more.phases ?? phases;
      place = more.place === undefined ? place : more.place;
      pausesAt = more.pausesAt === undefined ? pausesAt : more.pausesAt;
      changed();
    },
    happened(seq: number, minutesAgo: number, text: string) {
      log.push({ seq, epoch: 1, at: ago(minutesAgo), kind: 'test', text });
    },
    async open() {
      await page.goto(lesson);
      await page.getByRole('button', { name: 'Start lab' }).click();
    },
  };
}

const resume = (over: Partial<PhaseView>): PhaseView => ({
  id: 'resume',
  title: 'Let the lab go on',
  state: 'waiting',
  startedAt: null,
  milliseconds: null,
  detail: null,
  p50: 1800,
  p90: 3200,
  ...over,
});

const names = (page: Page) =>
  page.locator('.lab-menu-body > :is(button, a)').evaluateAll((all) => all.map((one) => one.firstChild?.textContent?.trim()));

let played: Awaited<ReturnType<typeof playLab>>;
test.beforeEach(async ({ page }) => {
  played = await playLab(page);
});

test('what can be done with a lab is one button away, by keyboard alone', async ({ page, accessible, picture }) => {
  await played.open();
  const menu = page.locator('.lab-menu summary');
  // What is not there yet takes no focus.
  await expect(menu).toBeVisible();
  await menu.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.lab-menu-body')).toBeVisible();
  expect(await names(page)).toEqual([
    'Pause',
    'Keep for an hour',
    'Download my work',
    'What happened to this lab',
    'Keys of this page',
    'Reset',
    'End lab',
  ]);
  await expect(page.getByText(`./slipway kubeconfig ${lab}`)).toBeVisible();
  await accessible('the menu of a lab', '.lab-menu-body');
  await picture('lab-menu');
  await page.keyboard.press('Escape');
  await expect(page.locator('.lab-menu-body')).toBeHidden();
  await expect(menu).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.locator('.lab-menu-body')).toBeHidden();
  await expect.poll(() => played.asked).toEqual([{ path: 'pause', body: {} }]);
});

test('a paused lab says why, and one click lets it go on', async ({ page, accessible, picture }) => {
  await played.open();
  const message = 'Nothing was done in this lab for 20 minutes, so it was paused. Everything in it is kept as it was.';
  played.is({ state: 'paused', reason: { code: 'paused-idle', message } }, { phases: [resume({})] });
  await expect(page.getByRole('heading', { name: 'Your lab is paused' })).toBeVisible();
  await expect(page.locator('lab-panel').getByText(message)).toBeVisible();
  await expect(page.locator('lab-panel').getByText('Going on takes 2–3 s here, as a rule.')).toBeVisible();
  await accessible('a paused lab');
  await picture('lab-paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect.poll(() => played.asked).toEqual([{ path: 'resume', body: {} }]);
  played.is({}, { phases: [resume({ state: 'running', startedAt: new Date().toISOString(), detail: 'waiting for node control-plane' })] });
  await expect(page.getByRole('heading', { name: 'Resuming your lab' })).toBeVisible();
  await expect(page.locator('lab-panel').getByText('waiting for node control-plane')).toBeVisible();
  await picture('lab-resuming');
  played.is(
    {},
    { phases: [resume({ state: 'failed', startedAt: new Date().toISOString(), detail: 'The Docker engine does not answer.' })] },
  );
  await expect(page.getByRole('heading', { name: 'Your lab could not go on' })).toBeVisible();
  await expect(page.locator('lab-panel').getByText('The Docker engine does not answer.')).toBeVisible();
  played.is({ state: 'ready', reason: null });
  await expect(page.locator('.lab-menu summary')).toBeVisible();
});

test('an idle lab is announced to be paused, and its learner may stay or keep it', async ({ page, accessible, picture }) => {
  await played.open();
  played.is({}, { pausesAt: new Date(Date.now() + 4.6 * 60_000).toISOString() });
  const warning = page.getByText('It is paused in 5 min; nothing in it is lost.', { exact: false }).first();
  await expect(warning).toBeVisible();
  await accessible('the warning of a pause');
  await picture('lab-idle');
  await page.getByRole('button', { name: 'Stay' }).click();
  await expect.poll(() => played.asked).toEqual([{ path: 'extend', body: { stay: true } }]);
  await page.locator('.lab-idle').getByRole('button', { name: 'Keep for an hour' }).click();
  await expect.poll(() => played.asked.at(-1)).toEqual({ path: 'extend', body: {} });
  played.is({ keepUntil: new Date(Date.now() + 60 * 60_000).toISOString() }, { pausesAt: null });
  await expect(page.locator('.lab-idle')).toBeHidden();
  await page.locator('.lab-menu summary').click();
  await expect(page.getByText(/^It is not paused before \d/)).toBeVisible();
});

test('what happened while nobody looked is told once, and all of it on demand', async ({ page, accessible, picture }) => {
  played.happened(1, 60, 'The lab was started.');
  played.happened(2, 59, 'The lab was ready after 15 seconds.');
  await played.open();
  await expect.poll(() => page.evaluate((key) => localStorage.getItem(key), `slipway:log-read:${lab}`)).toContain('2');
  await expect(page.locator('.lab-away')).toBeHidden();
  played.happened(3, 20, 'Nothing was done in this lab for 20 minutes, so it was paused.');
  played.happened(4, 5, 'The lab goes on, after a pause of 15 minutes.');
  await played.open();
  const away = page.locator('.lab-away');
  await expect(away).toContainText('While you were away: The lab goes on, after a pause of 15 minutes. And 1 more.');
  await away.locator('summary').click();
  await expect(away.getByRole('listitem')).toHaveCount(2);
  await accessible('what happened while nobody looked');
  await picture('lab-away');
  await away.getByRole('button', { name: 'Dismiss' }).click();
  await expect(away).toBeHidden();
  await page.locator('.lab-menu summary').click();
  await page.getByRole('button', { name: 'What happened to this lab' }).click();
  await expect(page.locator('.lab-log').getByRole('listitem')).toHaveCount(4);
  await accessible('all that happened');
  await picture('lab-log');
  await expect(page.locator('.lab-log summary')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.lab-log')).toBeHidden();
  await expect(page.locator('.lab-menu summary')).toBeFocused();
  await played.open();
  await expect(page.locator('.lab-menu summary')).toBeVisible();
  await expect(away).toBeHidden();
});

test('a lab that was lost says so and begins again with one click', async ({ page, accessible, picture }) => {
  await played.open();
  const reason = {
    code: 'lost',
    message: 'A part of this lab (node) stopped.',
    advice: 'Begin the lab again; what you already passed stays passed.',
  };
  played.is({ state: 'crashed', reason });
  await expect(page.locator('lab-panel').getByText(reason.message)).toBeVisible();
  await accessible('a lost lab');
  await picture('lab-lost');
  await page.getByRole('button', { name: 'Begin again' }).click();
  await expect.poll(() => played.asked).toEqual([{ path: 'reset', body: {} }]);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('the menu and the warning of a lab fit', async ({ page, accessible, picture }) => {
    await played.open();
    played.is({}, { pausesAt: new Date(Date.now() + 4.6 * 60_000).toISOString() });
    await expect(page.locator('.lab-idle')).toBeVisible();
    await page.locator('.lab-menu summary').click();
    const box = await page.locator('.lab-menu-body').boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(360);
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await accessible('the menu of a lab on a phone', '.lab-menu-body');
    await picture('lab-menu-phone');
    await page.keyboard.press('Escape');
    await picture('lab-idle-phone');
    played.is({ state: 'paused', reason: null }, { phases: [resume({})], pausesAt: null });
    await expect(page.getByRole('heading', { name: 'Your lab is paused' })).toBeVisible();
    await page.locator('.lab-actions').scrollIntoViewIfNeeded();
    await picture('lab-paused-phone');
  });
});

test('a lab in line says its place and when it begins, and moves up by itself', async ({ page, accessible, picture }) => {
  const why = 'Two labs are being made at the moment, as many as this machine makes well at once.';
  played.is({ state: 'queued' }, { place: { place: 2, of: 3, estimateMilliseconds: 40_000, why, advice: '' } });
  await played.open();
  const panel = page.locator('lab-panel');
  await expect(panel.getByRole('heading', { name: 'Your lab is number 2 of 3 in line' })).toBeVisible();
  await expect(panel.getByText(why)).toBeVisible();
  await expect(panel.getByText('It begins in about 40 s.')).toBeVisible();
  await accessible('a lab in line', 'lab-panel');
  await picture('lab-in-line');
  played.is({}, { place: { place: 1, of: 1, estimateMilliseconds: null, why, advice: 'End a lab.' } });
  await expect(panel.getByRole('heading', { name: 'Your lab is next in line' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'Your lab is next in line' })).toBeAttached();
  played.is({ state: 'starting' }, { place: null });
  await expect(panel.getByRole('heading', { name: 'Starting your lab' })).toBeVisible();
});

test('a start that is refused for a while is tried again by itself, until it is allowed', async ({ page }) => {
  let tries = 0;
  await page.route(`**/api/labs/${lab}/start`, (route) => {
    tries += 1;
    if (tries > 2) return route.fallback();
    const error = { code: 'line-full', message: '100 labs wait to be begun already.', advice: 'Somebody has to end a lab first.' };
    return route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: { error } });
  });
  played.is({ state: 'starting' });
  await played.open();
  const panel = page.locator('lab-panel');
  await expect(panel.getByText('100 labs wait to be begun already.')).toBeVisible();
  await expect(panel.getByText('It is tried again by itself in')).toBeVisible();
  await expect(panel.getByRole('heading', { name: 'Starting your lab' })).toBeVisible();
  await expect(panel.getByText('100 labs wait')).toBeHidden();
  await expect(panel.getByText('It is tried again')).toBeHidden();
  expect(tries).toBe(3);
});

test('whoever has enough of waiting stops it, and may still press Start', async ({ page, accessible, picture }) => {
  let tries = 0;
  await page.route(`**/api/labs/${lab}/start`, (route) => {
    tries += 1;
    const error = { code: 'too-many-labs', message: 'You have 3 labs already.', advice: 'End one of them, and this one can begin.' };
    return route.fulfill({ status: 429, headers: { 'retry-after': '2' }, json: { error } });
  });
  await played.open();
  const panel = page.locator('lab-panel');
  await expect(panel.getByRole('button', { name: 'Stop trying' })).toBeVisible();
  await accessible('a start that is refused', 'lab-panel');
  await picture('lab-refused');
  await panel.getByRole('button', { name: 'Stop trying' }).click();
  await expect(panel.getByText('It is tried again')).toBeHidden();
  await expect(panel.getByText('You have 3 labs already.')).toBeVisible();
  const asked = tries;
  await panel.getByRole('button', { name: 'Start lab' }).click();
  await expect.poll(() => tries).toBe(asked + 1);
  await expect(panel.getByRole('button', { name: 'Stop trying' })).toBeVisible();
});
