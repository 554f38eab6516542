import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { changed, courseFolder } from './course-folder.ts';

const run = promisify(execFile);
const patience = 120_000;

/** Builds the whole site around a course, in a process of its own. */
function buildSite(course: string) {
  const env = { ...process.env, SLIPWAY_COURSE: course };
  // What is rendered while building runs from the folder it is built into.
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(course, 'node_modules'));
  return run(process.execPath, [join(import.meta.dirname, 'build-site.ts'), course], { env, timeout: patience });
}

test('the site is built around a course kept outside the repository', { timeout: patience }, async () => {
  const course = courseFolder(changed('content/lessons/01-first.mdx', 'Read this.', 'Read of the walrus.'));
  await buildSite(course);
  const pages = globSync(join(course, 'dist', 'server', '**', '*.mjs')).filter((file) =>
    readFileSync(file, 'utf8').includes('Read of the walrus.'),
  );
  expect(pages).not.toEqual([]);
  const found = globSync(join(course, 'dist', 'client', 'pagefind', 'fragment', '*')).map((file) =>
    gunzipSync(readFileSync(file)).toString(),
  );
  expect(found.filter((text) => text.includes('Read of the walrus.') && text.includes('/lessons/01-first'))).toHaveLength(1);
  expect(existsSync(join(course, 'dist', 'client', 'search-texts'))).toBe(false);
});

test('a lesson and a lab that disagree stop the build, naming file and line', { timeout: patience }, async () => {
  const course = courseFolder(changed('content/lessons/01-first.mdx', 'id="two"', 'id="tow"'));
  const failure = await buildSite(course).then(
    () => null,
    (error: { code: number; stderr: string; stdout: string }) => error,
  );
  expect(failure?.code).toBe(1);
  expect(failure?.stderr).toContain('content/lessons/01-first.mdx:14: lab `01-first` has no task `tow` (it has: one, two)');
  expect(failure?.stderr).toContain('labs/01-first/lab.yaml:13: no lesson explains task `two`');
  expect(existsSync(join(course, 'dist', 'server', 'entry.mjs'))).toBe(false);
});
