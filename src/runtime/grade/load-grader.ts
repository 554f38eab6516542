import { readdir } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { z } from 'zod';
import { type GradedTask, type Grader, gradedTasks, type LabTask } from '#grading/grader.ts';
import { contentHash } from '../content-hash.ts';

export interface LoadedGrader {
  tasks: readonly GradedTask[];
  /** The grader's words in other languages, by BCP 47 tag, for `reworded`. */
  translations: Grader['translations'];
  /** Hash of the lab's TypeScript: changes when a verdict could turn out otherwise. */
  version: string;
}

const Table = z.record(z.string(), z.unknown());
const Module = z.object({ default: z.object({ words: Table, translations: z.record(z.string(), Table).default({}), tasks: Table }) });

/**
 * Imports a lab's `grade.ts` as it is on disk, also one of a course outside this repository: there `#grading` and `zod`
 * mean this repository's. `root` is the checkout. Throws naming the file when it cannot be used.
 */
export async function loadGrader(options: { root: string; folder: string; tasks: readonly LabTask[] }): Promise<LoadedGrader> {
  const { root, folder, tasks } = options;
  const version = await hashOf(folder);
  const file = join(folder, 'grade.ts');
  resolveFrom(root);
  try {
    const url = `${pathToFileURL(file).href}?${marker}=${version}`;
    const { default: grader } = Module.parse(await importAsNode(url));
    const { translations } = grader as Grader;
    return { tasks: gradedTasks(tasks, grader as Grader), translations, version };
  } catch (error) {
    throw new Error(`${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

// Written so that the development server leaves it alone: its own import knows neither other folders nor the hook below.
const importAsNode: (url: string) => Promise<unknown> = new Script('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}).runInThisContext();

async function hashOf(folder: string): Promise<string> {
  return contentHash(folder, (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort());
}

/** In the URL of a grader and of what it imports from its own folder, so that a changed file is loaded anew. */
const marker = 'grader';
const resolved = new Set<string>();

function resolveFrom(root: string): void {
  if (resolved.has(root)) return;
  resolved.add(root);
  const anchor = pathToFileURL(join(root, 'package.json')).href;
  registerHooks({
    resolve(specifier, context, next) {
      const version = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get(marker);
      if (version === null) return next(specifier, context);
      if (specifier === '#grading' || specifier === 'zod') return next(specifier, { ...context, parentURL: anchor });
      const found = next(specifier, context);
      return specifier.startsWith('.') ? { ...found, url: `${found.url}?${marker}=${version}` } : found;
    },
  });
}
