import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { mustRun } from '#cli/run-program.ts';

const Report = z.object({
  categories: z.object({ performance: z.object({ score: z.number() }), accessibility: z.object({ score: z.number() }) }),
  audits: z.record(z.string(), z.object({ title: z.string(), score: z.number().nullable(), scoreDisplayMode: z.string() })),
});

/** What Lighthouse says of a page as a phone would load it: scores out of 100, and the accessibility audits that failed. */
export async function lighthouse(folder: string, chromium: string, url: string, signal: AbortSignal) {
  const output = join(folder, 'report.json');
  await mustRun(
    [
      process.execPath,
      join(folder, 'node_modules/lighthouse/cli/index.js'),
      url,
      '--quiet',
      '--output=json',
      `--output-path=${output}`,
      '--only-categories=performance,accessibility',
      '--chrome-flags=--headless=new --no-sandbox --disable-gpu',
    ],
    { signal, env: { CHROME_PATH: chromium } },
  );
  const { categories, audits } = Report.parse(JSON.parse(await readFile(output, 'utf8')));
  const failed = Object.entries(audits).filter(([, { score, scoreDisplayMode }]) => scoreDisplayMode === 'binary' && score === 0);
  return {
    performance: Math.round(categories.performance.score * 100),
    accessibility: Math.round(categories.accessibility.score * 100),
    failed: failed.map(([id]) => id),
  };
}
