import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const filesRead: Look<'files.read'> = async () => {
  throw new Blind('files.read is not built yet');
};
