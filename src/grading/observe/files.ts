import { z } from 'zod';
import { observation } from '../observation.ts';

export interface FilesRequest {
  kind: 'files.read';
  paths: readonly string[];
  largest: number;
}

/** A file as it was found. `text` is null with a problem, and U+FFFD stands for bytes that are no UTF-8. */
export const FileRead = z.object({
  problem: z.enum(['absent', 'not-a-file', 'refused', 'too-large']).nullable(),
  text: z.string().nullable(),
  /** Bytes. */
  size: z.int().nullable(),
});
export type FileRead = z.infer<typeof FileRead>;

export const files = {
  /** Files of the learner's toolbox, by path (relative to the home folder): hostile text. */
  read: <const Path extends string>(paths: readonly Path[], { largest = 64 * 1024 }: { largest?: number } = {}) =>
    observation({ kind: 'files.read', paths, largest }, z.record(z.enum(paths), FileRead)),
};
