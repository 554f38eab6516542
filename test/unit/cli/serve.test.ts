import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '#cli/site/port.ts';
import { serve } from '#cli/site/serve.ts';

vi.setConfig({ testTimeout: 30_000 });

const source = resolve(import.meta.dirname, '../../../src');
let root: string;
let port: number;
let stop: AbortController;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slipway-serve-'));
  mkdirSync(join(root, 'dist/server'), { recursive: true });
  symlinkSync(source, join(root, 'src'));
  port = await freePort('127.0.0.1');
  stop = new AbortController();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A built server of a few lines: ready at once, writes down the signals it gets. */
const server = (more: string) => `
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
const note = (text) => appendFileSync(${JSON.stringify(join(root, 'noted'))}, text + '\\n');
let asked = 0;
const server = createServer((request, response) => { asked += 1; response.statusCode = asked < 3 ? 503 : 200; response.end('not yet'); });
${more}`;
const listen = `server.listen(Number(process.env.SLIPWAY_PORT), '127.0.0.1');`;
const polite = `process.on('SIGTERM', () => { note('SIGTERM'); process.exit(0); }); process.on('SIGINT', () => note('SIGINT'));`;
const noted = () => readFileSync(join(root, 'noted'), 'utf8').trim().split('\n');

function run(program: string, ready: (url: string) => void = () => undefined) {
  writeFileSync(join(root, 'dist/server/entry.mjs'), server(program));
  return serve({ root, host: '127.0.0.1', port, env: { SLIPWAY_PORT: String(port) }, signal: stop.signal, ready });
}

test('the URL is told when the site is ready, and a stop reaches the server once', async () => {
  const urls: string[] = [];
  const code = await run(`${polite}${listen}`, (url) => {
    urls.push(url);
    stop.abort();
  });
  expect([code, urls, noted()]).toEqual([0, [`http://127.0.0.1:${port}`], ['SIGTERM']]);
});

test('a server that ends by itself is a failure, with its code', async () => {
  await expect(run('process.exit(7);')).rejects.toMatchObject({ message: 'the server ended by itself with 7', exitCode: 7 });
});

test('a stop before the site is ready ends the server', async () => {
  const running = run(`${polite}setInterval(() => undefined, 1000); note('begun');`);
  await vi.waitFor(() => expect(noted()).toEqual(['begun']), 10_000);
  stop.abort();
  expect([await running, noted()]).toEqual([0, ['begun', 'SIGTERM']]);
});
