import { join } from 'node:path';

/** The variable by which the workers learn where this run's small course is. */
export const folderOfSmallCourse = 'SLIPWAY_TEST_SMALL_COURSE';

/** The small course of this run, and its built site's server. */
export function smallCourse(): { folder: string; entry: string } {
  const folder = process.env[folderOfSmallCourse];
  if (folder === undefined) throw new Error('the small course was not built before the tests');
  return { folder, entry: join(folder, 'dist', 'server', 'entry.mjs') };
}
