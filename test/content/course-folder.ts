import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Files of a small course that holds together: one lesson, one lab, two tasks. */
export const sound: Readonly<Record<string, string>> = {
  'content/course.yaml': `title: A small course
summary: One lesson that can be read and one to come.
lessons:
  - id: 01-first
    title: The first lesson
  - id: 02-second
    title: The second lesson
    planned: true
`,
  'content/lessons/01-first.mdx': `---
title: The first lesson
summary: Something to read and something to do.
minutes: 10
lab: 01-first
---

Read this.

<Task id="one" />

Then this.

<Task id="two" />
`,
  'labs/01-first/lab.yaml': `title: The first lab
summary: Two tasks on a cluster of one node.
minutes: 10
memoryMiB: 700
clusters:
  - setup:
      - stands.yaml
tasks:
  - id: one
    title: The first task
    points: 1
    brief: Make the first thing true, please.
  - id: two
    title: The second task
    points: 2
    brief: Make the second thing true, please.
`,
  'labs/01-first/setup/stands.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
};

/** A course of the sound files with some of them changed (null: left out), in a folder that goes with the test. */
export function courseFolder(changes: Readonly<Record<string, string | null>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'slipway-course-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ ...sound, ...changes })) {
    if (text === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

/** A sound file with one piece of text replaced; the piece must be there. */
export function changed(path: string, from: string, to: string): Record<string, string> {
  const text = sound[path];
  if (text === undefined || !text.includes(from)) throw new Error(`${path} of the sound course does not hold ${JSON.stringify(from)}`);
  return { [path]: text.replace(from, () => to) };
}
