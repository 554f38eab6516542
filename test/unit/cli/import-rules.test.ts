import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../../..');

/** File → what it may not import, and what it may. */
const cases: Readonly<Record<string, { refused: readonly string[]; allowed: readonly string[] }>> = {
  ...Object.fromEntries(
    ['course', 'lab', 'grading', 'people'].map((room) => [
      `src/${room}/x.ts`,
      {
        refused: ['node:fs', 'astro:content', 'yaml', 'dockerode', '#store/port.ts', '../store/port.ts', '#runtime/runtime.ts'],
        allowed: ['zod', './y.ts', '#lab/session.ts', '#grading'],
      },
    ]),
  ),
  'src/cluster/kind/x.ts': {
    refused: ['#store/port.ts', '#terminal/attach.ts', '../../store/port.ts', '#runtime/hub.ts', '#server/answer.ts', 'astro', 'kysely'],
    allowed: ['dockerode', '../port.ts', '#cluster/port.ts', 'node:net', 'zod', '#lab/lab-file.ts'],
  },
  'src/terminal/x.ts': { refused: ['#cluster/port.ts', '#store/port.ts', 'dockerode'], allowed: ['ws', '#lab/wire.ts', 'node:events'] },
  'src/store/x.ts': {
    refused: ['#cluster/port.ts', 'dockerode', '../cluster/port.ts'],
    allowed: ['kysely', 'pg', '#grading/verdict.ts', 'node:sqlite'],
  },
  'src/runtime/start-lab.ts': {
    refused: ['#store/open.ts', '#cluster/kind/provider.ts', '#server/answer.ts'],
    allowed: ['#store/port.ts', '#cluster/port.ts'],
  },
  'src/runtime/runtime.ts': { refused: [], allowed: ['#store/open.ts', '#cluster/kind/provider.ts', 'dockerode'] },
  'src/server/x.ts': {
    refused: ['#cluster/kind/provider.ts', '#store/open.ts', 'kysely'],
    allowed: ['#runtime/runtime.ts', '#store/port.ts'],
  },
  'src/pages/x.ts': { refused: ['#store/open.ts', '#cluster/kube.ts', 'dockerode'], allowed: ['#runtime/runtime.ts', '#people/policy.ts'] },
  'src/components/x.astro': { refused: ['dockerode', '#terminal/attach.ts'], allowed: ['#lab/wire.ts'] },
  'labs/04-x/grade.ts': {
    refused: ['node:fs', '#cluster/port.ts', 'yaml', '../../src/store/open.ts'],
    allowed: ['#grading', 'zod', './words.ts'],
  },
};

const Report = z.object({
  diagnostics: z.array(z.object({ category: z.string(), location: z.object({ path: z.string(), start: z.object({ line: z.number() }) }) })),
});

let folder: string;
const refusedAt = new Set<string>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-imports-'));
  copyFileSync(join(root, 'biome.json'), join(folder, 'biome.json'));
  for (const [file, { refused, allowed }] of Object.entries(cases)) {
    const lines = [...refused, ...allowed].map((specifier, index) => `import * as it${index} from '${specifier}';`);
    const fence = file.endsWith('.astro') ? '---\n' : '';
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${fence}${lines.join('\n')}\n${fence}`);
  }
  const options = ['--only=style/noRestrictedImports', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none'];
  const run = spawnSync(join(root, 'node_modules/.bin/biome'), ['lint', ...options, '.'], { cwd: folder, encoding: 'utf8' });
  for (const { category, location } of Report.parse(JSON.parse(run.stdout)).diagnostics) {
    if (category === 'lint/style/noRestrictedImports') refusedAt.add(`${location.path}:${location.start.line}`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Object.entries(cases))('the lint keeps %s to the imports its room may have', (file, { refused, allowed }) => {
  const first = file.endsWith('.astro') ? 2 : 1;
  const verdicts = [...refused, ...allowed].map((specifier, index) => [
    specifier,
    refusedAt.has(`${file}:${index + first}`) ? 'refused' : 'allowed',
  ]);
  expect(verdicts).toEqual([...refused.map((it) => [it, 'refused']), ...allowed.map((it) => [it, 'allowed'])]);
});
