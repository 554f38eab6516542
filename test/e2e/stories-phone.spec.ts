import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { clearDesk, shellBridge } from './shells/bridge.ts';
import { type Seeded, seed } from './small/seed.ts';
import { playSession } from './small/session.ts';

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

/** The page is not wider than the window; says which element is when it is. */
async function expectNoSideways(page: Page, where: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const beyond = [...document.body.querySelectorAll('*')].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth} of ${clientWidth}`, ...beyond.slice(0, 5).map((each) => `${each.tagName}.${each.className}`)];
  });
  expect(wide, where).toEqual([]);
}

test.describe('a small course on a phone', () => {
  test.use({ baseURL: async ({ small }, use) => use(small.origin) });
  let seeded: Seeded;
  test.beforeEach(async ({ page, small }) => {
    seeded = await seed(small, page);
  });
  test.afterEach(async () => {
    await seeded.close();
  });

  test('a learner reads, starts the lab, folds the shell away and back, and finds everything by touch', async ({
    page,
    guarded: _,
    accessible,
    picture,
  }) => {
    test.setTimeout(240_000);
    await using bridge = await shellBridge();
    await clearDesk(page);
    const session = await playSession(page, '01-harbour');
    // The last to ask for the shells' line gets it.
    await bridge.follow(page);

    await test.step('from the menu of the site to a lesson', async () => {
      await page.goto('/');
      await expectNoSideways(page, 'the front page');
      await page.getByRole('button', { name: 'Menu' }).tap();
      await expect(page.getByRole('navigation', { name: 'Site' }).getByRole('link', { name: 'Lessons' })).toBeVisible();
      await accessible('the menu of the site on a phone');
      await picture('phone-menu');
      await page.keyboard.press('Escape');
      await page.getByRole('link', { name: 'The harbour', exact: true }).tap();
      await expect(page.getByRole('heading', { level: 1, name: 'The harbour' })).toBeVisible();
      await expectNoSideways(page, 'the lesson');
      await picture('phone-lesson');
    });

    const bar = page.getByRole('navigation', { name: 'Your tasks' });
    await test.step('the tasks stay in sight while one reads', async () => {
      await page.getByRole('heading', { name: 'The storm', exact: true }).scrollIntoViewIfNeeded();
      await expect(bar).toBeInViewport();
      await expect(bar).toContainText('0 of 3 passed');
    });

    await test.step('the shell comes as a dock that can be put away', async () => {
      await page.getByRole('button', { name: 'Start lab' }).tap();
      await expect(page.getByRole('tabpanel').getByText('Connected', { exact: true })).toBeVisible();
      await expectNoSideways(page, 'the lesson above its shell');
      await picture('phone-shell');
      await accessible('a lesson above its shell on a phone');
      const dock = await page.locator('lab-panel').boundingBox();
      expect(dock?.height).toBeLessThan(740 * 0.75);
      // Whatever this machine's own kubectl would say, it has no cluster to say it of.
      await page.getByRole('textbox', { name: 'Terminal input' }).focus();
      await page.keyboard.type('kubectl() { echo "asked to $*"; }\n');
      await page.getByRole('button', { name: 'Hide shell' }).tap();
      await expect(page.getByRole('tabpanel')).toBeHidden();
      const folded = await page.locator('lab-panel').boundingBox();
      expect(folded?.height).toBeLessThan(740 * 0.25);
      await picture('phone-folded');
    });

    await test.step('a verdict is read while the shell is away', async () => {
      const task = page.locator('lab-task[task="crane"]');
      const hints = task.getByRole('button', { name: /^Show hint 1/ });
      await task.getByRole('heading').scrollIntoViewIfNeeded();
      session.turns('crane', 'wrong', [{ seen: 'No crane.', needed: 'A crane.', why: 'Crates are heavy.', lookAt: 'The quay.' }]);
      await expect(task.getByText('No crane.')).toBeVisible();
      await hints.tap();
      await expect(task.getByText('A crane needs steel.')).toBeInViewport();
      await expectNoSideways(page, 'a verdict');
      await picture('phone-verdict');
      session.turns('crane', 'passed');
      await expect(page.getByRole('navigation', { name: 'Tasks of this lab' }).getByRole('link', { name: /Passed/ })).toHaveCount(1);
    });

    await test.step('a command of the lesson brings the shell back and is typed', async () => {
      await page.locator('.code-block', { hasText: 'kubectl get deployments' }).getByRole('button', { name: 'Run' }).tap();
      await expect(page.getByRole('tabpanel')).toBeVisible();
      await expect(page.getByRole('tabpanel').locator('.xterm-rows')).toContainText('asked to get deployments');
    });

    await test.step('the menu of the lab is within reach', async () => {
      await page.locator('.lab-menu summary').tap();
      const body = page.locator('.lab-menu-body');
      for (const name of [/^Pause/, /^End lab/]) {
        const button = body.getByRole('button', { name });
        await button.scrollIntoViewIfNeeded();
        await expect(button).toBeInViewport({ ratio: 1 });
      }
      await expectNoSideways(page, 'the menu of the lab');
      await picture('phone-lab-menu');
    });
  });

  test('no page scrolls sideways', async ({ page, guarded: _, picture }) => {
    test.setTimeout(120_000);
    for (const path of [
      '/',
      '/lessons/01-harbour',
      '/lessons/02-canal',
      '/search?q=harbour',
      '/teach',
      '/teach/attempts',
      '/teach/host',
      '/authoring',
    ]) {
      await page.goto(path);
      await expectNoSideways(page, path);
      await picture(`phone${path.replaceAll(/[/?=]+/g, '-')}`);
    }
    await page.goto('/lessons/01-harbour?slides');
    await expect(page.locator('.reveal')).toBeVisible();
    await expectNoSideways(page, 'slides');
    await picture('phone-slides');
    await page.goto('/no-such-page');
    await expectNoSideways(page, 'a page that is not there');
  });
});

test.describe('the course on a phone', () => {
  test.use({ baseURL: async ({ reading }, use) => use(reading.origin) });

  test('no page of it scrolls sideways, nor do its figures, tables and slides', async ({ page, guarded: _, picture }) => {
    test.setTimeout(120_000);
    for (const path of [
      '/',
      '/lessons/04-state-inside',
      '/glossary',
      '/search?q=volume',
      '/authoring',
      '/lessons/04-state-inside?slides',
    ]) {
      await page.goto(path);
      await expectNoSideways(page, path);
      await picture(`phone-course${path.replaceAll(/[/?=]+/g, '-')}`);
    }
  });
});
