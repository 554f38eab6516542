import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const podEnviron: Look<'pod.environ'> = async () => {
  throw new Blind('pod.environ is not built yet');
};
export const podFiles: Look<'pod.files'> = async () => {
  throw new Blind('pod.files is not built yet');
};
