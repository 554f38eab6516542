import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LabFile } from '#lab/lab-file.ts';
import { mustRun } from '../run-program.ts';
import type { LabRun } from './index.ts';

/** `lab.yaml` as editors check and complete it. */
export function labSchema(): Record<string, unknown> {
  return { title: 'A lab of a Slipway course (labs/NN-name/lab.yaml)', ...z.toJSONSchema(LabFile, { io: 'input', reused: 'inline' }) };
}

export const schemaPath = (root: string) => join(root, 'src', 'lab', 'lab.schema.json');

/** `lab schema`: writes the JSON Schema of lab.yaml anew, after a change of `src/lab/lab-file.ts`. */
export const run: LabRun = async (_words, _args, { root, signal }) => {
  const path = schemaPath(root);
  writeFileSync(path, JSON.stringify(labSchema(), null, 2));
  await mustRun([join(root, 'node_modules', '.bin', 'biome'), 'format', '--write', path], { cwd: root, signal });
  process.stdout.write(`Written: ${path}\n`);
  return 0;
};
