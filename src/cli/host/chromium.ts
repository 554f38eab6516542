import { existsSync } from 'node:fs';
import type { Finding } from './finding.ts';

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium that browser tests drive: SLIPWAY_CHROMIUM, or the first of the usual places; null when there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env['SLIPWAY_CHROMIUM'];
  return (named ? [named] : usual).find((path) => existsSync(path)) ?? null;
}

export function chromiumFinding(env: Readonly<Record<string, string | undefined>>): Finding {
  const base = { id: 'chromium', title: 'Chromium for tests' };
  const path = findChromium(env);
  if (path) return { ...base, state: 'ok', found: path };
  return {
    ...base,
    state: 'warning',
    found: 'none',
    breaks: 'Only the browser tests of npm test.',
    mend: 'sudo apt-get install chromium (npm test does it as root on Debian), or set SLIPWAY_CHROMIUM to its path.',
  };
}
