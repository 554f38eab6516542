import { join } from 'node:path';
import type { Progress } from '../progress.ts';
import { mustRun } from '../run-program.ts';
import { isFresh, markFresh, markStale, siteHash } from './fingerprint.ts';

export interface SiteOptions {
  root: string;
  course: string;
  data: string;
  progress: Progress;
  signal: AbortSignal;
}

/** Builds the site into `dist` unless what is there was built from these very files. Answers whether it built. */
export async function readySite({ root, course, data, progress, signal }: SiteOptions): Promise<boolean> {
  const dist = join(root, 'dist');
  const hash = siteHash(root, course);
  if (isFresh(dist, hash)) return false;
  const log = join(data, 'build.log');
  await progress.phase(
    'building the site',
    async (detail) => {
      markStale(dist);
      await mustRun(astro(root, 'build'), {
        cwd: root,
        env: { ASTRO_TELEMETRY_DISABLED: '1', SLIPWAY_COURSE: course, FORCE_COLOR: '0' },
        signal,
        log,
        line: (text) => detail(text.trim().slice(0, 60)),
        advice: `The whole output: ${log}`,
      });
      markFresh(dist, hash);
    },
    { estimate: 15 },
  );
  return true;
}

/** Astro's command under this very Node. */
export function astro(root: string, ...args: string[]): [string, ...string[]] {
  return [process.execPath, join(root, 'node_modules/astro/bin/astro.mjs'), ...args];
}
