import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { clearDesk, type ShellBridge, shellBridge } from './shells/bridge.ts';
import { playSession } from './small/session.ts';

test.use({
  baseURL: async ({ small }, use) => use(small.origin),
  viewport: { width: 1440, height: 900 },
  permissions: ['clipboard-read', 'clipboard-write'],
});

let bridge: ShellBridge;

test.beforeEach(async ({ page }) => {
  bridge = await shellBridge();
  await playSession(page, '01-harbour');
  await bridge.follow(page);
  await clearDesk(page);
  await page.goto('/lessons/01-harbour');
  await begin(page);
  await input(page).focus();
});

test.afterEach(async () => {
  await bridge[Symbol.asyncDispose]();
});

async function begin(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start lab' }).click();
  await expect(page.locator('.terminal-state')).toHaveText('Connected');
}

const input = (page: Page) => page.getByRole('textbox', { name: 'Terminal input' });
const rows = (page: Page) => page.locator('.xterm-rows');
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const copied = (page: Page, text: string) => page.evaluate((value) => navigator.clipboard.writeText(value), text);

/** A point on the first letters of a line of the screen. */
async function middleOf(line: Locator): Promise<[number, number]> {
  const box = await line.first().boundingBox();
  if (box === null) throw new Error('the line is not on the screen');
  return [box.x + 20, box.y + box.height / 2];
}

/** Everything a program may write to reach beyond its terminal, as printf would take it. */
const hostile = [
  String.raw`\e]52;c;c3RvbGVu\a`,
  String.raw`\e]52;c;?\a`,
  String.raw`\e]0;stolen\a`,
  String.raw`\e]2;stolen\e\\`,
  String.raw`\e]1337;SetMark\a\e]1337;CopyToClipboard=\astolen\e]1337;EndCopy\a`,
  String.raw`\e]9;stolen\a\e]777;notify;stolen;stolen\a`,
  String.raw`\e[c\e[>c\e[=c\e[5n\e[6n\e[?6n\e[>q\005`,
  String.raw`\eP$qm\e\\\eP$q"p\e\\\eP+q544e\e\\`,
  String.raw`\e]4;1;?\a\e]10;?\a\e]11;?\a\e]12;?\a`,
  String.raw`\e[11t\e[13t\e[14t\e[18t\e[19t\e[20t\e[21t\e[22;0t\e[23;0t\e[9;1t\e[2t`,
  String.raw`\e[?2004$p\e[4$p\e[?1004h\e[?1004l\e[?996n`,
];

test('nothing a program prints writes the clipboard, changes the title, moves the focus, or is answered when it is shown again', async ({
  page,
}) => {
  const script = hostile.map((each) => `printf '${each}'`).join('\n');
  await copied(page, `cat > hostile.sh <<'END'\n${script}\nEND`);
  await expect(rows(page)).toContainText(/[#$]/);
  await page.keyboard.press('Control+v');
  await expect(rows(page)).toContainText('END');
  await page.keyboard.press('Enter');
  await copied(page, 'mine');
  const title = await page.title();
  // What the terminal answers goes to the program that asked, which reads all of it: nothing is left for the shell.
  await page.keyboard.type('clear; bash hostile.sh; read -rsN 100000 -t 1; echo; echo "printed-$((40+2))"\n');
  await expect(rows(page)).toContainText('printed-42');
  await page.getByRole('button', { name: 'Check', exact: true }).first().focus();
  await page.reload();
  await begin(page);
  await expect(rows(page)).toContainText('printed-42');
  await expect(page.getByRole('button', { name: 'Check', exact: true }).first()).not.toBeFocused();
  await expect(input(page)).not.toBeFocused();
  expect(await page.title()).toBe(title);
  expect(await clipboard(page)).toBe('mine');
  await input(page).focus();
  // A reply in the shell's input would stand before this, and spoil it.
  await page.keyboard.type('echo "clean-$((40+2))"\n');
  await expect(rows(page)).toContainText('clean-42');
  const { replies, text } = await page.evaluate(() => {
    const text = document.querySelector('.xterm-rows')?.textContent ?? '';
    return { text, replies: /1;2c|0;276|rgb:|R1;|\$y/.test(text) };
  });
  expect(replies, text).toBe(false);
  await page.keyboard.type('history 2\n');
  await expect(rows(page)).toContainText(/\d+ {2}echo "clean-/);
});

test('several lines ask before they are pasted into a program that would run each', async ({ page, accessible, picture }) => {
  await page.keyboard.type('cat\n');
  await copied(page, 'one \\\n  two\x1b[31m\n');
  await expect(rows(page)).toContainText('cat');
  await page.keyboard.press('Control+v');
  await expect(page.getByRole('dialog', { name: 'Paste 2 lines?' })).toContainText('two[31m');
  await accessible('a question before a paste');
  await picture('terminal-paste');
  await page.keyboard.press('Escape');
  await expect(input(page)).toBeFocused();
  await page.keyboard.press('Shift+Insert');
  await page.getByRole('button', { name: 'Paste as one line' }).click();
  await expect(rows(page)).toContainText('one two[31m');
  await page.keyboard.press('Control+c');
  await expect(rows(page)).toContainText(/\^C.*[#$]/);
  await copied(page, 'echo three\necho four');
  // The shell takes it as one piece, and waits for Enter.
  await page.keyboard.press('Control+Shift+v');
  await expect(rows(page)).toContainText('echo four');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('what is selected is copied by every usual key, and Ctrl+C without a selection interrupts', async ({ page }) => {
  await page.keyboard.type('clear; echo "word-$((40+2))"; sleep 1000\n');
  const line = rows(page)
    .locator('div')
    .filter({ hasText: /^word-42/ });
  await expect(line).toBeVisible();
  for (const key of ['Control+c', 'Control+Shift+c', 'Control+Insert']) {
    await copied(page, '');
    await page.mouse.dblclick(...(await middleOf(line)));
    await input(page).press(key);
    await expect.poll(() => clipboard(page)).toMatch(/^word(-42)?$/);
  }
  await input(page).press('Control+c');
  await input(page).press('Control+c');
  await page.keyboard.type('echo "free-$((40+2))"\n');
  await expect(rows(page)).toContainText('free-42');
});

test('the scrollback is searched, read as text, downloaded and enlarged by keyboard alone', async ({ page, accessible, picture }) => {
  test.setTimeout(120_000);
  await page.keyboard.type('for n in $(seq 6000); do echo "row $n of many"; done; echo "done-$((40+2))"\n');
  await expect(rows(page)).toContainText('done-42');
  await page.keyboard.press('Control+Shift+f');
  await page.keyboard.type('row 700');
  const found = page.getByRole('search');
  await expect(found).toContainText('1 of 1');
  await expect(rows(page)).toContainText('row 700 of many');
  await accessible('a search in the terminal');
  await picture('terminal-find');
  await page.keyboard.type('x');
  await expect(found).toContainText('Not found');
  await page.keyboard.press('Escape');
  await expect(input(page)).toBeFocused();
  const size = () => rows(page).evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
  const before = await size();
  await page.keyboard.press('Control+=');
  expect(await size()).toBe(before + 1);
  await page.keyboard.press('F6');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Screen-reader mode' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list').filter({ hasText: 'row 700 of many' })).toBeAttached();
  await page.getByRole('button', { name: 'Transcript as text' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Transcript of Shell 1' });
  await expect(dialog.getByRole('region')).toContainText('row 1 of many');
  await accessible('a transcript');
  await picture('terminal-transcript');
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Download' }).press('Enter');
  const text = await readFile(await (await download).path(), 'utf8');
  expect(text.match(/^row \d+ of many$/gm)).toHaveLength(6000);
  await page.keyboard.press('Escape');
  await expect(input(page)).toBeFocused();
  await page.reload();
  await begin(page);
  expect(await size()).toBe(before + 1);
  await expect(page.getByRole('button', { name: 'Screen-reader mode' })).toHaveAttribute('aria-pressed', 'true');
});

test('a link opens on a click; one whose text is not its address shows it first; other protocols are no links', async ({
  page,
  context,
  baseURL,
  accessible,
  picture,
}) => {
  const here = `${baseURL}/lessons`;
  const osc = (address: string, text: string) => String.raw`\e]8;;` + address + String.raw`\e\\` + text + String.raw`\e]8;;\e\\\n`;
  await page.keyboard.type(
    `clear; printf '${here}\\n${osc(`${here}?hidden`, 'https://kubernetes.io')}${osc('javascript:alert(1)', 'scripted')}done-%s\\n' 42\n`,
  );
  await expect(rows(page)).toContainText('done-42');
  const line = (text: RegExp) => rows(page).locator('div').filter({ hasText: text });
  const click = async (text: RegExp) => {
    await page.mouse.move(...(await middleOf(line(text))));
    await page.mouse.down();
    await page.mouse.up();
  };
  const opened = context.waitForEvent('page');
  await click(/^http:\/\/localhost/);
  expect((await opened).url()).toBe(here);
  await (await opened).close();
  await click(/^https:\/\/kubernetes\.io/);
  await expect(page.getByRole('dialog', { name: 'Open this address?' })).toContainText(`${here}?hidden`);
  await accessible('a question before a link');
  await picture('terminal-link');
  await page.keyboard.press('Escape');
  await click(/^scripted/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(context.pages()).toHaveLength(1);
});
