import { defineConfig } from '@playwright/test';

/** Debian's Chromium, without its sandbox as root in a container, and without its own conversations with the world. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results/e2e',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // One server and, at times, one cluster on two cores.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: process.env['SLIPWAY_CHROMIUM'] ?? '/usr/bin/chromium', args: flags },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
});
