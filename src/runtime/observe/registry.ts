import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const registryGet: Look<'registry.get'> = async () => {
  throw new Blind('registry.get is not built yet');
};
