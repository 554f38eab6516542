import type { Page } from '@playwright/test';
import { expect, terminalText, test } from './fixtures.ts';
import { clearDesk, type ShellBridge, shellBridge } from './shells/bridge.ts';
import { type PlayedSession, playSession } from './small/session.ts';

test.use({
  baseURL: async ({ small }, use) => use(small.origin),
  viewport: { width: 1440, height: 900 },
  permissions: ['clipboard-read', 'clipboard-write'],
});

let bridge: ShellBridge;
let session: PlayedSession;

test.beforeEach(async ({ page }) => {
  bridge = await shellBridge();
  await enter(page);
});

test.afterEach(async () => {
  await bridge[Symbol.asyncDispose]();
});

/** A page of the lesson whose lab is ready, with real shells. */
async function enter(page: Page): Promise<void> {
  session = await playSession(page, '01-harbour');
  await bridge.follow(page);
  await clearDesk(page);
  await page.goto('/lessons/01-harbour');
  await begin(page);
}

async function begin(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start lab' }).click();
  await expect(state(page)).toHaveText(/^Connected/);
}

const panel = (page: Page) => page.getByRole('tabpanel');
const state = (page: Page) => panel(page).locator('.terminal-state');
const input = (page: Page) => page.getByRole('textbox', { name: 'Terminal input' });
const shows = (page: Page, text: string | RegExp) => expect(panel(page).locator('.xterm-rows')).toContainText(text);
const times = async (page: Page, text: string) => ((await terminalText(page).textContent()) ?? '').split(text).length - 1;

test('tabs are made, named and closed by keyboard, and are there again after a reload', async ({ page, accessible, picture }) => {
  const tab = (name: string) => page.getByRole('tab', { name });
  await page.getByRole('button', { name: 'New shell' }).press('Enter');
  await expect(input(page)).toBeFocused();
  await expect(state(page)).toHaveText('Connected');
  await page.keyboard.type('echo second-$((1+1))\n');
  await shows(page, 'second-2');
  await page.keyboard.press('Shift+F6');
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('button', { name: 'Larger text' })).toBeFocused();
  await tab('Shell 2').focus();
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'Name' }).fill('logs');
  await page.keyboard.press('Enter');
  await expect(tab('logs')).toBeFocused();
  await accessible('a terminal with two tabs');
  await picture('terminal-tabs');
  await page.reload();
  await begin(page);
  await expect(tab('logs')).toHaveAttribute('aria-selected', 'true');
  await expect(input(page)).not.toBeFocused();
  await shows(page, 'second-2');
  await tab('logs').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(tab('Shell 1')).toBeFocused();
  await expect(state(page)).toHaveText('Connected');
  await page.keyboard.press('End');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('dialog', { name: 'Close logs?' })).toBeVisible();
  await accessible('a question before a shell is closed');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.getByRole('tab')).toHaveCount(1);
  await expect(tab('Shell 1')).toBeFocused();
  await expect
    .poll(async () => (await bridge.shells.list()).map(({ id, pid }) => [id, pid !== null]))
    .toEqual([
      ['1', true],
      ['2', false],
    ]);
});

test('what is typed while the server is away waits, and arrives once', async ({ page, accessible, picture }) => {
  await input(page).focus();
  await bridge.cut();
  await page.keyboard.type('echo kept-$((6*7))\n');
  await expect(page.getByText('what you type is kept')).toBeVisible();
  await expect(page.getByText('19 characters wait.')).toBeVisible();
  bridge.back();
  await shows(page, 'kept-42');
  await expect(page.getByText('what you type is kept')).toBeHidden();
  expect(await times(page, 'kept-42')).toBe(1);
  // The longer it is away, the longer until the next try: what takes its time comes last.
  await bridge.cut();
  await page.keyboard.type('echo more');
  await expect(page.getByText('9 characters wait.')).toBeVisible();
  await accessible('a terminal that waits');
  await picture('terminal-waiting');
});

test('what was typed while the server was away outlives a reload', async ({ page }) => {
  await input(page).focus();
  await bridge.cut();
  await page.keyboard.type('echo carried-$((6*7))\n');
  await expect(page.getByText('characters wait.')).toBeVisible();
  bridge.back();
  await page.reload();
  await begin(page);
  await shows(page, 'carried-42');
  expect(await times(page, 'carried-42')).toBe(1);
});

test('a line that falls silent is given up by the page itself, and nothing is lost', async ({ page }) => {
  await input(page).focus();
  const attaches = bridge.asked.length;
  bridge.silence();
  await page.keyboard.type('echo silent-$((6*7))\n');
  await expect(page.getByText('The connection fell silent.')).toBeVisible({ timeout: 20_000 });
  // It tries again by itself, into the same silence; whoever presses does not wait for that to be given up too.
  await expect.poll(() => bridge.asked.length).toBe(attaches + 1);
  bridge.back();
  await page.getByRole('button', { name: 'Try now' }).click();
  await shows(page, 'silent-42');
  expect(await times(page, 'silent-42')).toBe(1);
});

test('a command of the lesson runs once, in the tab its author names, also across a reload', async ({ page }) => {
  const run = (id: string, text: string, tab: string | null) =>
    page.evaluate(([id, text, tab]) => document.querySelector('slipway-shells')?.run(id, text, tab), [id, text, tab] as const);
  await page.getByRole('button', { name: 'Check', exact: true }).first().focus();
  await run('command-1', 'echo there-$((40+2))', 'logs');
  await shows(page, 'there-42');
  await expect(page.getByRole('tab', { name: 'logs' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('button', { name: 'Check', exact: true }).first()).toBeFocused();
  await bridge.cut();
  await run('command-2', 'echo later-$((40+2))', 'logs');
  await page.reload();
  bridge.back();
  await begin(page);
  await shows(page, 'later-42');
  await run('command-1', 'echo there-$((40+2))', 'logs');
  await run('command-2', 'echo later-$((40+2))', 'logs');
  await run('command-3', 'echo last-$((40+2))', null);
  await shows(page, 'last-42');
  const text = (await panel(page).locator('.xterm-rows').textContent()) ?? '';
  expect([text.split('there-42').length, text.split('later-42').length]).toEqual([2, 2]);
});

test('two windows share a shell at the size of the smaller, and say so', async ({ page, context, picture }) => {
  const other = await context.newPage();
  await other.setViewportSize({ width: 1100, height: 600 });
  await enter(other);
  await expect(state(page)).toHaveText('Connected, open in 2 windows; the smaller one decides the size');
  await expect(state(other)).toHaveText('Connected, open in 2 windows');
  await input(other).focus();
  await other.keyboard.type('echo $((3+4)) windows\n');
  await shows(page, '7 windows');
  await picture('terminal-shared');
  await other.close();
  await expect(state(page)).toHaveText('Connected');
});

test('a lab that is paused says so, and is not tried again until it goes on', async ({ page, accessible, picture }) => {
  const attaches = bridge.asked.length;
  await bridge.cut(4423);
  await expect(state(page)).toHaveText('Paused');
  await expect(page.getByText('The lab is paused.')).toBeVisible();
  await accessible('a paused terminal');
  await picture('terminal-paused');
  expect(bridge.asked).toHaveLength(attaches);
  bridge.back();
  await page.evaluate(() => document.querySelector('slipway-shells')?.wake());
  await expect(state(page)).toHaveText('Connected');
});

test('a shell that ended is begun again with Enter', async ({ page }) => {
  await input(page).focus();
  await page.keyboard.type('exit 3\n');
  await expect(page.getByText('The shell has ended (code 3). Press Enter for a new shell.')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(state(page)).toHaveText('Connected');
  await page.keyboard.type('echo again-$((40+2))\n');
  await shows(page, 'again-42');
});

test('a shell that waits at its prompt is closed without a question, one that runs something is not', async ({ page }) => {
  await page.getByRole('button', { name: 'New shell' }).click();
  await input(page).focus();
  // The marks that the toolbox's bashrc has.
  await page.keyboard.type(String.raw`PS0='\e]133;C\e\\' PS1='\[\e]133;A\e\\\]at-\#> '`);
  await page.keyboard.press('Enter');
  await shows(page, /at-\d+> /);
  await page.keyboard.type('echo go-$((40+2)); cat\n');
  await shows(page, 'go-42');
  await page.getByRole('tab', { name: 'Shell 2' }).press('Delete');
  await expect(page.getByRole('dialog', { name: 'Close Shell 2?' })).toContainText('A program runs in it');
  await page.getByRole('button', { name: 'Keep it' }).click();
  await input(page).press('Control+d');
  await shows(page, /go-42.*at-\d+> /);
  await page.getByRole('tab', { name: 'Shell 2' }).press('Delete');
  await expect(page.getByRole('tab')).toHaveCount(1);
});

test('on a small screen the tabs and tools stay within reach', async ({ page, accessible, picture }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const count of [2, 3, 4]) {
    await page.getByRole('button', { name: 'New shell' }).click();
    await expect(page.getByRole('tab')).toHaveCount(count);
    await expect(state(page)).toHaveText('Connected');
  }
  await expect(page.getByRole('button', { name: 'New shell' })).toHaveAttribute('aria-disabled', 'true');
  await expect(page.getByRole('tab', { name: 'Shell 4' })).toBeInViewport();
  await expect(page.getByRole('button', { name: 'Transcript as text' })).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  await accessible('a terminal on a small screen');
  await picture('terminal-360');
  await page.getByRole('button', { name: 'Transcript as text' }).click();
  await expect(page.getByRole('dialog')).toBeInViewport();
  await picture('terminal-360-transcript');
  expect(session.asked).toEqual([]);
});
