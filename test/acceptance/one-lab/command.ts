import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Site } from '../site.ts';
import { course } from './bench-lab.ts';

const root = join(import.meta.dirname, '../../..');

/** Runs `./slipway WORDS` as beside that site; rejects with its code and what it said. */
export const slipway = (here: Site, ...words: string[]) =>
  promisify(execFile)(process.execPath, [join(root, 'src/cli/main.ts'), ...words], {
    cwd: root,
    env: { ...process.env, SLIPWAY_COURSE: course, SLIPWAY_DATA: here.data, SLIPWAY_INSTANCE: here.instance },
  });
