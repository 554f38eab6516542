import { gzipSync } from 'node:zlib';
import { chromium } from '@playwright/test';

/** What a browser had to fetch to show a page, in bytes as gzip sends them. */
export interface Weight {
  all: number;
  scripts: number;
  /** By address, scripts and styles alone. */
  code: Readonly<Record<string, number>>;
}

export interface Cookie {
  name: string;
  value: string;
}

/** Opens a page in a fresh browser, touches nothing, and weighs all that it fetched until the network is quiet. */
export async function weigh(executablePath: string, url: string, cookie?: Cookie): Promise<Weight> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const context = await browser.newContext();
    if (cookie) await context.addCookies([{ ...cookie, url: new URL(url).origin, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    const weights: Promise<{ url: string; type: string; bytes: number }>[] = [];
    page.on('response', (response) => {
      const type = response.request().resourceType();
      if (type === 'eventsource' || type === 'websocket') return;
      weights.push(
        response.body().then((body) => ({ url: response.url(), type, bytes: asSent(body, response.headers()['content-type'] ?? '') })),
      );
    });
    const answer = await page.goto(url, { waitUntil: 'load' });
    if (!answer?.ok()) throw new Error(`${url} answered ${answer?.status()}`);
    await page.waitForTimeout(3000); // what is asked for when the browser has nothing else to do
    const all = await Promise.all(weights);
    const sum = (of: readonly { bytes: number }[]) => of.reduce((bytes, one) => bytes + one.bytes, 0);
    const scripts = all.filter(({ type }) => type === 'script');
    const styles = all.filter(({ type }) => type === 'stylesheet');
    return {
      all: sum(all),
      scripts: sum(scripts),
      code: Object.fromEntries([...scripts, ...styles].map((one) => [new URL(one.url).pathname, one.bytes])),
    };
  } finally {
    await browser.close();
  }
}

const asSent = (body: Buffer, type: string) =>
  /text|javascript|json|svg|xml/.test(type) ? gzipSync(body, { level: 9 }).length : body.length;
