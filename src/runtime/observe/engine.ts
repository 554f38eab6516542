import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const engineGet: Look<'engine.get'> = async () => {
  throw new Blind('engine.get is not built yet');
};
