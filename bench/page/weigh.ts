import { gzipSync } from 'node:zlib';
import { chromium, type Response } from '@playwright/test';

/** What a browser had to fetch to show a page, in bytes as gzip sends them. */
export interface Weight {
  all: number;
  /** What it had fetched when its `load` event came, without what it asks for when the browser is idle. */
  atLoad: number;
  scripts: number;
  /** By address, scripts and styles alone. */
  code: Readonly<Record<string, number>>;
}

export interface Cookie {
  name: string;
  value: string;
}

/** What makes up a page; what it says to its server and hears from it is none of its weight. */
const weighed = new Set(['document', 'stylesheet', 'script', 'font', 'image', 'other']);

/** Opens a page in a fresh browser, touches nothing, and weighs all that it fetched until the network is quiet. */
export async function weigh(executablePath: string, url: string, cookie?: Cookie): Promise<Weight> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const context = await browser.newContext();
    if (cookie) await context.addCookies([{ ...cookie, url: new URL(url).origin, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    const responses: Response[] = [];
    page.on('response', (response) => void (weighed.has(response.request().resourceType()) && responses.push(response)));
    const answer = await page.goto(url, { waitUntil: 'load' });
    if (!answer?.ok()) throw new Error(`${url} answered ${answer?.status()}`);
    const loaded = new Set(responses);
    await page.waitForTimeout(3000); // what is asked for when the browser has nothing else to do
    const all = await Promise.all(
      responses.map(async (response) => ({
        url: response.url(),
        isLate: !loaded.has(response),
        type: response.request().resourceType(),
        bytes: asSent(await response.body(), response.headers()['content-type'] ?? ''),
      })),
    );
    const sum = (of: readonly { bytes: number }[]) => of.reduce((bytes, one) => bytes + one.bytes, 0);
    const scripts = all.filter(({ type }) => type === 'script');
    const styles = all.filter(({ type }) => type === 'stylesheet');
    return {
      all: sum(all),
      atLoad: sum(all.filter(({ isLate }) => !isLate)),
      scripts: sum(scripts),
      code: Object.fromEntries([...scripts, ...styles].map((one) => [new URL(one.url).pathname, one.bytes])),
    };
  } finally {
    await browser.close();
  }
}

const asSent = (body: Buffer, type: string) =>
  /text|javascript|json|svg|xml/.test(type) ? gzipSync(body, { level: 9 }).length : body.length;
