import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFresh, markFresh, markStale, siteHash } from '#cli/site/fingerprint.ts';

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-hash-'));
  write('src/pages/index.astro', '<p>one</p>');
  write('content/course.yaml', 'title: A course');
  write('labs/04-x/lab.yaml', 'title: A lab');
  write('labs/04-x/proof.json', '{}');
  write('package-lock.json', '{}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test.each([
  ['a page', 'src/pages/index.astro'],
  ['a lesson', 'content/course.yaml'],
  ['a lab', 'labs/04-x/lab.yaml'],
  ['a dependency', 'package-lock.json'],
  ['a new file', 'src/pages/new.astro'],
])('%s that changed makes the site stale', (_, path) => {
  const before = siteHash(root, root);
  write(path, 'changed');
  expect(siteHash(root, root)).not.toBe(before);
});

test('a file that was renamed makes the site stale', () => {
  const before = siteHash(root, root);
  renameSync(join(root, 'src/pages/index.astro'), join(root, 'src/pages/other.astro'));
  expect(siteHash(root, root)).not.toBe(before);
});

test('a new proof of a lab, or a test, changes no page', () => {
  const before = siteHash(root, root);
  write('labs/04-x/proof.json', '{"hash": "other"}');
  write('labs/04-x/fixtures/solved.json', '{}');
  write('test/unit/a.test.ts', '');
  expect(siteHash(root, root)).toBe(before);
});

test('a course elsewhere counts instead of the one in the checkout', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'slipway-course-'));
  const before = siteHash(root, elsewhere);
  write('content/course.yaml', 'changed');
  expect(siteHash(root, elsewhere)).toBe(before);
  mkdirSync(join(elsewhere, 'content'));
  writeFileSync(join(elsewhere, 'content/course.yaml'), 'mine');
  expect(siteHash(root, elsewhere)).not.toBe(before);
  rmSync(elsewhere, { recursive: true });
});

test('a build that was cut short is not taken for a whole one', () => {
  const dist = join(root, 'dist');
  write('dist/server/entry.mjs', '');
  markFresh(dist, 'abc');
  expect([isFresh(dist, 'abc'), isFresh(dist, 'def')]).toEqual([true, false]);
  markStale(dist);
  expect(isFresh(dist, 'abc')).toBe(false);
  markFresh(dist, 'abc');
  rmSync(join(dist, 'server'), { recursive: true });
  expect(isFresh(dist, 'abc')).toBe(false);
});
