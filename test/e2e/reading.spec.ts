import { gzipSync } from 'node:zlib';
import type { Locator, Response } from '@playwright/test';
import { expect, test } from './fixtures.ts';

test.use({ baseURL: async ({ reading }, use) => use(reading.origin) });

const lesson = '/lessons/04-state-inside';

test('a reader finds the course, opens a lesson and goes on to the next', async ({ page, guarded: _, accessible, picture }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await accessible('the course page');
  await picture('course');
  await page.goto(lesson);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Stateful services, second take');
  await accessible('a lesson');
});

test('without an engine, Start lab says what is missing', async ({ page, picture }) => {
  await page.goto(lesson);
  await page.getByRole('button', { name: 'Start lab' }).click();
  await expect(page.locator('.lab-says').filter({ hasText: /engine/i })).toBeVisible();
  await picture('no-engine');
});

test('a lesson weighs little: 15 kB of script before a click, 60 kB in all', async ({ page }) => {
  const responses: Response[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) responses.length = 0;
  });
  page.on('response', (response) => responses.push(response));
  await page.goto(lesson, { waitUntil: 'networkidle' });
  const weigh = async (response: Response) => {
    const type = response.headers()['content-type'] ?? '';
    return { url: response.url(), script: type.includes('javascript'), bytes: gzipSync(await response.body()).length };
  };
  const weights = await Promise.all(responses.map(weigh));
  const sum = (some: typeof weights) => some.reduce((total, { bytes }) => total + bytes, 0);
  const heaviest = weights.toSorted((a, b) => b.bytes - a.bytes).map(({ url, bytes }) => `${bytes} ${url}`);
  expect(sum(weights.filter(({ script }) => script)), heaviest.join('\n')).toBeLessThanOrEqual(15_000);
  expect(sum(weights), heaviest.join('\n')).toBeLessThanOrEqual(60_000);
});

for (const width of [360, 1600]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`at ${width} px in ${colorScheme} a lesson fits the window and its lines are of a readable length`, async ({
      page,
      guarded: _,
      picture,
    }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.goto(lesson);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways).toBe(0);
      const column = await page.locator('.prose > p').first().boundingBox();
      expect(column?.width).toBeGreaterThan(width === 360 ? 280 : 500);
      expect(column?.width).toBeLessThan(820);
      await picture(`lesson-${width}-${colorScheme}`);
      await page.goto('/');
      await picture(`course-${width}-${colorScheme}`);
    });
  }
}

test('pages that are not there say so, and lead back', async ({ page, accessible }) => {
  const answer = await page.goto('/lessons/no-such-lesson');
  expect(answer?.status()).toBe(404);
  await accessible('the page that is not there');
  await expect(page.getByRole('main').getByRole('link').first()).toBeVisible();
});

test('the keyboard alone reaches the lesson and its Start button', async ({ page }) => {
  await page.goto(lesson);
  const start = page.getByRole('button', { name: 'Start lab' });
  await expect(start).toBeEnabled();
  for (let press = 0; press < 90 && !(await isFocused(start)); press += 1) await page.keyboard.press('Tab');
  await expect(start).toBeFocused();
});

const isFocused = (element: Locator) => element.evaluate((its) => its === document.activeElement);
