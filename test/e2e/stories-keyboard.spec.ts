import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { clearDesk, type ShellBridge, shellBridge } from './shells/bridge.ts';
import { type Seeded, seed } from './small/seed.ts';
import { playSession } from './small/session.ts';

test.use({
  baseURL: async ({ small }, use) => use(small.origin),
  viewport: { width: 1440, height: 900 },
  // What fades in when it gets the focus is looked at as it is then.
  contextOptions: { reducedMotion: 'reduce' },
});

let bridge: ShellBridge;
let seeded: Seeded;

test.beforeEach(async ({ page, small }) => {
  seeded = await seed(small, page);
  bridge = await shellBridge();
  await clearDesk(page);
});
test.afterEach(async () => {
  await seeded.close();
  await bridge[Symbol.asyncDispose]();
});

/** What has the focus: how it is called, and whether one sees that it has. */
async function focused(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return await page.evaluate(() => {
    const at = document.activeElement ?? document.body;
    const name = at.getAttribute('aria-label') ?? (at.textContent.trim() || at.getAttribute('name') || at.tagName);
    const box = at.getBoundingClientRect();
    const { outlineStyle, outlineWidth, opacity } = getComputedStyle(at);
    // The terminal draws its own frame, and xterm keeps its field out of sight.
    const terminal = at.closest('slipway-terminal');
    const isFramed = terminal !== null && getComputedStyle(terminal, '::after').borderTopStyle === 'solid';
    const isInside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth && box.width > 0;
    const isOutlined = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1 && opacity !== '0';
    return { name, isSeen: at !== document.body && ((isInside && isOutlined) || isFramed || at.matches('.terminal-left')) };
  });
}

/** Presses Tab until something of this name has the focus; on the way all that has it must be seen to have it, and nothing may hold it. */
async function tabTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const way: string[] = [];
  for (let press = 0; press < 90; press += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    expect(now.isSeen, `the focus is seen on “${now.name.slice(0, 60)}”, after ${way.slice(-3).join(', ')}`).toBe(true);
    if (name.test(now.name)) return;
    way.push(now.name.slice(0, 30));
  }
  throw new Error(`${name} is not reached by ${key}: ${way.join(' | ')}`);
}

test('a learner without a mouse finds a lesson, works in it and in its shell, manages the lab, and shows the slides', async ({
  page,
  guarded: _,
  picture,
}) => {
  test.setTimeout(240_000);
  const enter = () => page.keyboard.press('Enter');

  await test.step('from the front page into the search, and from there into a lesson', async () => {
    await page.goto('/');
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await tabTo(page, /^Search/);
    await enter();
    await expect(page.getByRole('dialog', { name: 'Search' })).toBeVisible();
    await page.keyboard.type('storm');
    await expect(page.getByRole('option').first()).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    expect(await focused(page)).toMatchObject({ name: expect.stringMatching(/^Search/), isSeen: true });
    await page.keyboard.press('/');
    await page.keyboard.type('crates');
    await expect(page.getByRole('option', { name: /The harbour/ })).toBeVisible();
    await enter();
    await expect(page).toHaveURL(/\/lessons\/01-harbour/);
  });

  const session = await playSession(page, '01-harbour');
  // The last to ask for the shells' line gets it.
  await bridge.follow(page);
  const crane = page.locator('lab-task[task="crane"]');

  const stays = async () => {
    await expect(page).toHaveURL(/\/lessons\/01-harbour(#.*)?$/);
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await expect(page.locator('html')).not.toHaveAttribute('data-theme');
  };

  await test.step('the lab is started, and the keyboard stays where it was put', async () => {
    await page.reload();
    await tabTo(page, /^Start lab$/);
    await enter();
    await expect(page.getByRole('tabpanel').getByText('Connected', { exact: true })).toBeVisible();
    expect(await page.evaluate(() => document.activeElement?.closest('slipway-terminal') === null)).toBe(true);
  });

  await test.step('a hint, a check and its verdict, with the focus kept', async () => {
    await page.keyboard.press('t');
    await expect(crane).toBeInViewport();
    await tabTo(page, /^Check$/);
    session.answers(() => ({ status: 200, body: { results: [wrong('crane')] } }));
    await enter();
    await expect(crane.locator('[data-part="status"]')).toContainText('Needs work');
    await expect(crane.getByRole('button', { name: 'Check' })).toBeFocused();
    await tabTo(page, /^Show hint 1 of 3$/);
    await enter();
    await expect(crane.getByText('A crane needs steel.')).toBeVisible();
    await expect(crane.getByRole('button', { name: 'Show hint 2 of 3' })).toBeFocused();
    await picture('keyboard-hint');
  });

  await test.step('an answer is written, and its letters are no keys of the page', async () => {
    const answer = page.getByRole('textbox', { name: 'Which berth is it?' });
    await answer.focus();
    await page.keyboard.type('hdnpts/?');
    await expect(answer).toHaveValue('hdnpts/?');
    await stays();
  });

  await test.step('into the shell, and out again at both ends', async () => {
    await tabTo(page, /^Terminal input$/);
    await page.keyboard.type('echo "hdnpts/?"-$((40+2))\n');
    await expect(page.getByRole('tabpanel').locator('.xterm-rows')).toContainText('hdnpts/?-42');
    await stays();
    await page.keyboard.press('Tab');
    await expect(page.getByRole('textbox', { name: 'Terminal input' })).toBeFocused();
    await page.keyboard.press('F6');
    expect(await focused(page)).toMatchObject({ name: expect.stringContaining('You have left the terminal'), isSeen: true });
    await picture('keyboard-left');
    await tabTo(page, /^Screen-reader mode$/);
    await page.keyboard.press('Shift+Tab');
    await expect(page.getByRole('textbox', { name: 'Terminal input' })).toBeFocused();
    await page.keyboard.press('Shift+F6');
    await tabTo(page, /^Find/, 'Shift+Tab');
  });

  await test.step('the menu of the lab opens, is gone through, and closes where it was opened', async () => {
    await tabTo(page, /^Lab$/, 'Shift+Tab');
    await enter();
    await tabTo(page, /^What happened to this lab$/);
    await picture('keyboard-menu');
    await page.keyboard.press('Escape');
    await expect(page.locator('.lab-menu summary')).toBeFocused();
    await expect(page.locator('.lab-menu-body')).toBeHidden();
    await enter();
    await tabTo(page, /^End lab/);
    await enter();
    const sure = page.getByRole('dialog', { name: 'End the lab?' });
    await expect(sure).toBeVisible();
    expect(await focused(page)).toMatchObject({ name: 'Keep it', isSeen: true });
    await page.keyboard.press('Escape');
    await expect(sure).toBeHidden();
    await expect(page.locator('.lab-menu summary')).toBeFocused();
  });

  await test.step('the keys are listed, and a dialog keeps the focus to itself', async () => {
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await expect(dialog).toBeVisible();
    for (let press = 0; press < 6; press += 1) {
      await page.keyboard.press('Tab');
      expect(
        await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null),
      ).toBe(true);
    }
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    // Who has switched letters off finds the switch without one.
    await page.locator('.lab-menu summary').focus();
    await enter();
    await tabTo(page, /^Keys of this page$/);
    await enter();
    await expect(dialog.getByRole('checkbox')).toBeChecked();
    await page.keyboard.press('Escape');
    await expect(page.locator('.lab-menu summary')).toBeFocused();
  });

  await test.step('the lesson as slides, and back to where they were left', async () => {
    await page.keyboard.press('s');
    await expect(page).toHaveURL(/\?slides/);
    await expect(page.locator('.reveal')).toBeVisible();
    for (let press = 0; press < 2; press += 1) await page.keyboard.press('ArrowRight');
    await expect(page.locator('.slide-number')).toContainText('3');
    await picture('keyboard-slides');
    await page.keyboard.press('r');
    await expect(page).toHaveURL(/\/lessons\/01-harbour(#.*)?$/);
    await expect(page.getByRole('heading', { level: 1, name: 'The harbour' })).toBeAttached();
  });
});

test('Tab goes once through every page of the site, and comes out at its end', async ({ page, guarded: _ }) => {
  test.setTimeout(240_000);
  for (const path of ['/', '/lessons/02-canal', '/search', '/teach', '/teach/host', '/authoring', '/no-such-page']) {
    await page.goto(path);
    const seen: string[] = [];
    await page.evaluate(() => {
      document.body.append(Object.assign(document.createElement('button'), { textContent: 'the end of the page' }));
      (document.activeElement as HTMLElement | null)?.blur();
      getSelection()?.collapse(document.body, 0);
    });
    for (let press = 0; press < 60 && seen.at(-1) !== 'the end of the page'; press += 1) {
      await page.keyboard.press('Tab');
      const { name, isSeen } = await focused(page);
      seen.push(name);
      expect(isSeen, `${path}: the focus is seen on “${name.slice(0, 60)}”`).toBe(true);
    }
    expect(seen.at(-1), `${path}: ${seen.join(' | ')}`).toBe('the end of the page');
  }
});

function wrong(task: string) {
  const finding = {
    code: 'test',
    params: {},
    path: '',
    seen: 'No crane.',
    needed: 'A crane.',
    why: 'Crates are heavy.',
    lookAt: 'The quay.',
  };
  const verdict = { task, status: 'wrong', score: 0, findings: [finding] };
  return { task, verdict, savedAt: '2026-11-23T14:30:00.000Z', cause: 'check', attempt: 'a' };
}
