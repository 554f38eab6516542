import { availableParallelism } from 'node:os';
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
  globalSetup: './test/e2e/small/course.ts',
  outputDir: 'test-results/e2e',
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // The story waits for its cluster most of the time; a second worker sees to everything else meanwhile. Each has servers of its own.
  workers: Math.min(2, availableParallelism()),
  projects: [
    { name: 'story', testMatch: 'story.spec.ts' },
    { name: 'pages', testIgnore: 'story.spec.ts' },
  ],
  retries: 0,
  forbidOnly: true,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: process.env['SLIPWAY_CHROMIUM'] ?? '/usr/bin/chromium', args: flags },
    screenshot: 'only-on-failure',
    trace: { mode: 'retain-on-failure', screenshots: false },
  },
});
