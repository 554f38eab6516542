import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const accessCan: Look<'access.can'> = async () => {
  throw new Blind('access.can is not built yet');
};
