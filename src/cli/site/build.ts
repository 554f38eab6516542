import { join } from 'node:path';
import { exclusively } from '#cluster/images/lock.ts';
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

/**
 * Builds the site into `dist` unless what is there was built from these very files. Of two at once one builds and the
 * other takes what it made. Answers whether it built.
 */
export async function readySite({ root, course, data, progress, signal }: SiteOptions): Promise<boolean> {
  const dist = join(root, 'dist');
  if (isFresh(dist, siteHash(root, course))) return false;
  return await progress.phase(
    'building the site',
    (detail) =>
      exclusively(
        `site-of-${root}`,
        signal,
        () => detail('another process is building it; waiting'),
        async () => {
          const hash = siteHash(root, course);
          if (isFresh(dist, hash)) return false;
          markStale(dist);
          await build(root, course, join(data, 'build.log'), detail, signal);
          markFresh(dist, hash);
          return true;
        },
      ),
    { estimate: 15 },
  );
}

async function build(root: string, course: string, log: string, detail: (text: string) => void, signal: AbortSignal): Promise<void> {
  await mustRun(astro(root, 'build'), {
    cwd: root,
    env: { ASTRO_TELEMETRY_DISABLED: '1', SLIPWAY_COURSE: course },
    signal,
    log,
    line: (text) => detail(text.trim().slice(0, 60)),
    advice: `The whole output: ${log}`,
  });
}

/** Astro's command under this very Node. */
export function astro(root: string, ...args: string[]): [string, ...string[]] {
  return [process.execPath, join(root, 'node_modules/astro/bin/astro.mjs'), ...args];
}
