import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

const root = process.cwd();
let folder: string;
let server: ChildProcess;
let load: () => Promise<{
  version: string;
  error: string;
  tasks: { id: string; lasts: string; words: Record<string, { seen: string }> }[];
}>;
const edit = (name: string, change: (text: string) => string) =>
  writeFileSync(join(folder, name), change(readFileSync(join(folder, name), 'utf8')));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-grader-'));
  for (const name of ['grade.ts', 'words.ts']) cpSync(join(root, 'src/cli/lab/template', name), join(folder, name));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'print-graders.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  server = child;
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  load = async () => {
    child.stdin.write('\n');
    return JSON.parse((await answers.next()).value ?? 'null');
  };
});
afterEach(() => {
  server.kill();
  rmSync(folder, { recursive: true });
});

test('a grader outside this repository finds #grading and zod', { timeout: 20_000 }, async () => {
  const { tasks } = await load();
  expect(tasks.map(({ id, lasts }) => [id, lasts])).toEqual([
    ['answers', 'state'],
    ['copies', 'state'],
  ]);
});

test('a saved change counts at once, also one in a file that grade.ts imports', { timeout: 20_000 }, async () => {
  const before = await load();
  edit('words.ts', (text) => text.replace('There is no Deployment crane in the namespace quay.', 'Nothing is called crane.'));
  const after = await load();
  expect(after.version).not.toBe(before.version);
  expect(before.tasks[0]?.words['copies.absent']?.seen).toBe('There is no Deployment crane in the namespace quay.');
  expect(after.tasks[0]?.words['copies.absent']?.seen).toBe('Nothing is called crane.');
});

test('a grader that cannot be used is an error that names its file, and mending it is enough', { timeout: 20_000 }, async () => {
  const good = readFileSync(join(folder, 'grade.ts'), 'utf8');
  const fault = async (text: string) => {
    writeFileSync(join(folder, 'grade.ts'), text);
    return (await load()).error;
  };
  expect(await fault(good.replace('export default', 'export const wrong ='))).toContain(`${join(folder, 'grade.ts')} cannot be used`);
  expect(await fault('export default {')).toContain(`${join(folder, 'grade.ts')} cannot be used`);
  expect(
    await fault("import { defineGrader } from '#grading';\nexport default defineGrader({ words: { words: {} }, tasks: {} });\n"),
  ).toContain('grade.ts does not say how answers is judged');
  expect(await fault(good)).toBeUndefined();
});
