import type { Look } from './eyes.ts';
import { askInLab, jsonOf } from './lab-http.ts';

export const engineGet: Look<'engine.get'> = async (request, eyes, signal) => jsonOf(await askInLab(eyes, request, signal), request);
