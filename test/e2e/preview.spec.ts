import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Page } from '@playwright/test';
import type { LabSession } from '#store/port.ts';
import { test as base, expect } from './fixtures.ts';
import { type PreviewLab, previewLab } from './preview-lab.ts';

const test = base.extend<{ opened: Page }, { lab: PreviewLab }>({
  lab: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from the pattern which fixtures are wanted.
    async ({}, use) => {
      const lab = await previewLab();
      await use(lab);
      await lab.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: async ({ lab }, use) => use(lab.site.origin),
  /** The tab of the logbook, opened as a learner opens it. */
  opened: async ({ page, lab }, use) => {
    lab.program.answer = book;
    lab.program.heard.length = 0;
    session = await lab.ready();
    await page.goto('/lessons/01-harbour');
    const [tab] = await Promise.all([page.waitForEvent('popup'), button(page).click()]);
    await expect(tab.getByRole('heading', { name: 'Logbook' })).toBeVisible();
    await use(tab);
  },
});

let session: LabSession;

const button = (page: Page) => page.getByRole('button', { name: /Open the logbook/ }).first();

/** A program as learners write them, that knows nothing of previews. */
function book(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://book');
  if (pathname === '/') response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Front</title><h1>Front</h1>');
  else if (pathname === '/book') {
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': ['visitor=7; Path=/; Secure', 'site=1; Domain=localhost'] });
    response.end('<!doctype html><title>Logbook</title><h1>Logbook</h1><a href="/away">away</a>');
  } else if (pathname === '/away') response.writeHead(302, { location: `http://${request.headers.host}/arrived` }).end();
  else if (pathname === '/to-shop') response.writeHead(302, { location: 'http://shop.example/goods' }).end();
  else if (pathname === '/worker.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end('');
  else response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>${pathname} at ${request.headers.host}</h1>`);
}

test.describe('a program of the lab in a tab of its own', () => {
  test('opens from its lesson by one click, at a host of its own, with its own cookies, links and sockets', async ({ opened, lab }) => {
    expect(new URL(opened.url()).host).toBe(`logbook--${session.id}.lab.${new URL(lab.site.origin).host}`);
    expect(new URL(opened.url()).pathname).toBe('/book');
    await opened.getByRole('link', { name: 'away' }).click();
    await expect(opened.getByRole('heading')).toHaveText('/arrived at control-plane:30080');
    expect(new URL(opened.url()).host).toContain(`logbook--${session.id}`);
    for (const { headers } of lab.program.heard) expect(headers.cookie ?? '').not.toContain('slipway');
    expect(lab.program.heard.at(-1)?.headers).toMatchObject({ host: 'control-plane:30080', cookie: 'visitor=7; site=1' });
    const echoed = await opened.evaluate(
      () =>
        new Promise<string>((resolve, reject) => {
          const socket = new WebSocket('/live');
          socket.onopen = () => socket.send('ahoy');
          socket.onmessage = ({ data }) => resolve(String(data));
          socket.onerror = () => reject(new Error('no socket'));
        }),
    );
    expect(echoed).toBe('ahoy');
    expect(lab.program.heard.at(-1)).toMatchObject({ url: '/live', headers: { origin: 'http://control-plane:30080' } });
  });

  test('sends on to its neighbour, where the learner may look at once', async ({ opened }) => {
    await opened.goto(new URL('/to-shop', opened.url()).href);
    await expect(opened.getByRole('heading')).toHaveText('/goods at shop.example');
    expect(new URL(opened.url()).host).toContain(`shop--${session.id}`);
  });

  test('an opened tab stays open over a reload, and its address serves nobody else', async ({ opened, browser }) => {
    await opened.reload();
    await expect(opened.getByRole('heading')).toHaveText('Logbook');
    const other = await browser.newPage();
    await other.goto(opened.url());
    await expect(other.getByRole('heading')).toHaveText('This preview opens from its lesson');
    await other.close();
  });

  test('where the browser opens no tab, a link does', async ({ page, lab, accessible, picture }) => {
    lab.program.answer = book;
    await lab.ready();
    await page.addInitScript(() => {
      window.open = () => null;
    });
    await page.goto('/lessons/01-harbour');
    await button(page).click();
    const link = page.getByRole('link', { name: 'Open it here' });
    await expect(link).toBeVisible();
    await accessible('a preview that no tab was opened for');
    await button(page).click();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await button(page).scrollIntoViewIfNeeded();
    await picture('preview-link-360-dark');
    const [tab] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await expect(tab.getByRole('heading')).toHaveText('Logbook');
    await expect(link).toBeHidden();
  });

  test('without a lab the button says what is missing, and opens nothing', async ({ page, lab, picture }) => {
    const { id } = await lab.ready();
    await lab.store.sessions.move(id, 'end');
    await lab.store.sessions.move(id, 'gone');
    await page.goto('/lessons/01-harbour');
    await expect(page.getByRole('article').getByText('Start the lab first.')).toBeVisible();
    await expect(button(page)).toHaveAttribute('aria-disabled', 'true');
    await expect(button(page)).toHaveAccessibleDescription('Start the lab first.');
    await button(page).press('Enter');
    expect(page.context().pages()).toHaveLength(1);
    await button(page).scrollIntoViewIfNeeded();
    await picture('preview-button');
  });

  test('once the lab is paused, a reload says so and leads to the lesson', async ({ opened, lab }) => {
    await lab.store.sessions.move(session.id, 'pause');
    await opened.reload();
    await expect(opened.getByRole('heading')).toHaveText('The lab is paused');
    for (const colorScheme of ['light', 'dark'] as const) {
      await opened.emulateMedia({ colorScheme });
      await opened.screenshot({ path: `test-results/pictures/preview-paused-${colorScheme}.png` });
    }
    await lab.store.sessions.move(session.id, 'resume');
    await opened.getByRole('link', { name: 'Load it again' }).click();
    await expect(opened.getByRole('heading')).toHaveText('Logbook');
  });
});

test.describe('a hostile program', () => {
  test('has no hold of the page that opened it', async ({ opened }) => {
    expect(await opened.evaluate(() => window.opener)).toBeNull();
    expect(await opened.evaluate(() => document.referrer)).toBe('');
  });

  test('can neither read nor change anything on the site', async ({ opened, page, lab }) => {
    const { origin } = lab.site;
    const asked = opened.waitForRequest(`${origin}/api/labs/01-harbour/session`);
    const read = await opened.evaluate(
      (url) => fetch(url, { credentials: 'include' }).then((answer) => answer.status, String),
      `${origin}/api/labs/01-harbour/session`,
    );
    expect(read).toContain('TypeError');
    expect((await (await asked).allHeaders())['cookie']).toBeUndefined();
    for (const path of ['end', 'check', 'reset']) {
      const url = `${origin}/api/sessions/${session.id}/${path}`;
      const sending = opened.waitForRequest(url);
      await opened.evaluate(
        (to) => fetch(to, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }).catch(() => undefined),
        url,
      );
      const headers = await (await sending).allHeaders();
      expect(headers['cookie']).toBeUndefined();
      // Were the cookie to come along all the same, it would be refused for where it comes from.
      const from = new URL(opened.url()).origin;
      for (const sent of [{ origin: from }, { origin, 'sec-fetch-site': 'cross-site' }, { origin, 'sec-fetch-site': 'same-site' }]) {
        expect((await page.request.post(url, { headers: sent, data: {} })).status(), JSON.stringify(sent)).toBe(403);
      }
    }
    expect((await lab.store.sessions.get(session.id))?.state).toBe('ready');
    const answer = await page.request.get(`${origin}/api/labs/01-harbour/session`);
    expect(answer.status(), 'the site itself answers its own cookie').toBe(200);
  });

  test('cannot post a form there either', async ({ opened, lab }) => {
    const url = `${lab.site.origin}/api/sessions/${session.id}/end`;
    const sent = opened.waitForResponse(url);
    await opened.evaluate((action) => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action, enctype: 'text/plain' });
      document.body.append(form);
      form.submit();
    }, url);
    expect((await sent).status()).toBe(403);
    expect((await lab.store.sessions.get(session.id))?.state).toBe('ready');
  });

  test('cannot attach to a shell', async ({ opened, lab }) => {
    const url = `${lab.site.origin.replace('http', 'ws')}/ws/sessions/${session.id}/shells/1`;
    const outcome = await opened.evaluate(
      (address) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(address);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      url,
    );
    expect(outcome).toBe('refused');
  });

  test('cannot show the site in a frame, load its scripts, or hold a window of it', async ({ opened, lab }) => {
    const { origin } = lab.site;
    const framed = opened.waitForResponse(`${origin}/lessons/01-harbour`);
    await opened.evaluate(
      (src) => document.body.append(Object.assign(document.createElement('iframe'), { src })),
      `${origin}/lessons/01-harbour`,
    );
    expect((await framed).status()).toBe(403);
    const script = await opened.evaluate(
      (src) =>
        new Promise<string>((resolve) => {
          const element = Object.assign(document.createElement('script'), {
            src,
            onload: () => resolve('ran'),
            onerror: () => resolve('refused'),
          });
          document.body.append(element);
        }),
      `${origin}/favicon.svg`,
    );
    expect(script).toBe('refused');
    const [tab] = await Promise.all([
      opened.waitForEvent('popup'),
      opened.evaluate((url) => {
        Object.assign(window, { held: window.open(url) });
      }, `${origin}/lessons/01-harbour`),
    ]);
    await tab.waitForLoadState();
    const held = await opened.evaluate(() => {
      const { held } = window as unknown as { held: Window };
      return { closed: held.closed, frames: held.length };
    });
    expect(held).toEqual({ closed: true, frames: 0 });
    await tab.close();
  });

  test('cannot set, replace or crowd out the cookie of the site', async ({ opened, page, lab }) => {
    const ofSite = async () => (await page.context().cookies(lab.site.origin)).filter(({ name }) => name === 'slipway');
    const before = await ofSite();
    expect(before).toHaveLength(1);
    await opened.evaluate(() => {
      const crowd = (domain: string) => Array.from({ length: 400 }, (_, at) => `crowd${at}=${at}; Domain=${domain}; Path=/`);
      const tossed = ['localhost', '.localhost', 'lab.localhost'].map((domain) => `slipway=${'e'.repeat(43)}; Domain=${domain}; Path=/`);
      for (const cookie of [...tossed, ...crowd('lab.localhost'), ...crowd('localhost')]) {
        // biome-ignore lint/suspicious/noDocumentCookie: it is what such a program would do.
        document.cookie = cookie;
      }
    });
    expect(await ofSite()).toEqual(before);
    const asked = page.waitForRequest(`${lab.site.origin}/lessons/01-harbour`);
    await page.goto('/lessons/01-harbour');
    const { cookie = '' } = await (await asked).allHeaders();
    expect(cookie).not.toContain('crowd');
    expect(cookie.match(/slipway=/g)).toHaveLength(1);
  });

  test('keeps its service worker to itself', async ({ opened, page, lab }) => {
    const scope = await opened.evaluate(async () => (await navigator.serviceWorker.register('/worker.js')).scope);
    expect(new URL(scope).origin).toBe(new URL(opened.url()).origin);
    await page.goto(lab.site.origin);
    expect(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)).toBe(0);
  });
});
