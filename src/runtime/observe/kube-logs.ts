import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const kubeLogs: Look<'kube.logs'> = async () => {
  throw new Blind('kube.logs is not built yet');
};
