import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const httpGet: Look<'http.get'> = async () => {
  throw new Blind('http.get is not built yet');
};
export const httpGetEach: Look<'http.getEach'> = async () => {
  throw new Blind('http.getEach is not built yet');
};
