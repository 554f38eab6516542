import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';
import Docker from 'dockerode';
import { findOwned, removeOwned } from '#cli/engine/owned.ts';
import { type Site, site } from '../acceptance/site.ts';
import { type Guard, guard, steady } from './guard.ts';
import { smallCourse } from './small/built.ts';

const pictures = join(import.meta.dirname, '../../test-results/pictures');

interface Fixtures {
  guarded: Guard;
  /** Fails with what axe finds on the page as it stands, or in a part of it, in light and in dark. */
  accessible: (what: string, part?: string) => Promise<void>;
  /** A picture of the page, for people to look at. */
  picture: (name: string) => Promise<void>;
}

interface Servers {
  /** A built server of its own that runs labs; what it made is gone afterwards. */
  server: Site;
  /** One that was told to do without an engine. */
  reading: Site;
  /** One of a small course that needs no engine. */
  small: Site;
}

export const test = base.extend<Fixtures, Servers>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures are wanted.
    async ({}, use) => {
      const here = await site();
      await here.start();
      await use(here);
      await here.kill('SIGTERM');
      const signal = AbortSignal.timeout(60_000);
      const docker = new Docker();
      await removeOwned(docker, await findOwned(docker, (instance) => instance === here.instance, signal), signal, () => undefined);
      await here.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  reading: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const here = await site({ SLIPWAY_NO_ENGINE: '1' });
      await here.start();
      await use(here);
      await here.kill('SIGTERM');
      await here.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  small: [
    // biome-ignore lint/correctness/noEmptyPattern: as above.
    async ({}, use) => {
      const course = smallCourse();
      const here = await site({ SLIPWAY_NO_ENGINE: '1', SLIPWAY_COURSE: course.folder }, course.entry);
      await here.start();
      await use(here);
      await here.kill('SIGTERM');
      await here.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  page: async ({ page }, use) => {
    steady(page);
    await use(page);
  },
  guarded: async ({ page, baseURL }, use) => {
    const watching = guard(page, baseURL ?? '');
    await use(watching);
    expect(watching.seen()).toEqual([]);
  },
  accessible: async ({ page }, use) => {
    await use(async (what, part = 'html') => {
      for (const colorScheme of ['light', 'dark'] as const) {
        // Without motion: half-way from one theme to the other every colour is wrong.
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        const { violations } = await new AxeBuilder({ page })
          // No page frames another host, and what holds need not be listed: a third of the time, the same findings.
          .setLegacyMode()
          .options({ resultTypes: ['violations'] })
          .include(part)
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
          .analyze();
        const found = violations.flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}\n${failureSummary}`),
        );
        expect(found, `${what}, ${colorScheme}`).toEqual([]);
      }
      await page.emulateMedia({ colorScheme: null, reducedMotion: null });
    });
  },
  picture: async ({ page }, use) => {
    mkdirSync(pictures, { recursive: true });
    await use(async (name) => {
      await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
    });
  },
});

export { expect };

/** The text of the terminal whose tab is open, as its rows show it. */
export const terminalText = (page: Page) => page.getByRole('tabpanel').locator('.xterm-rows');

/** Types lines into the shell as a person would who sees that it is connected, and waits until what they print last is there. */
export async function typeLines(page: Page, lines: readonly string[], until: RegExp, seconds: number): Promise<void> {
  await expect(page.getByRole('tabpanel').getByText('Connected', { exact: true })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('textbox', { name: 'Terminal input' }).focus();
  for (const line of lines) {
    await page.keyboard.type(line);
    await page.keyboard.press('Enter');
  }
  await expect(terminalText(page)).toContainText(until, { timeout: seconds * 1000 });
}
