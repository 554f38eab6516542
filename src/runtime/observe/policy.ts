import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const policyAllows: Look<'policy.allows'> = async () => {
  throw new Blind('policy.allows is not built yet');
};
