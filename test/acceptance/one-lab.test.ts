import { afterAll, beforeAll, describe } from 'vitest';
import { type BenchLab, benchLab } from './one-lab/bench-lab.ts';
import { live } from './one-lab/live.ts';
import { loss } from './one-lab/loss.ts';
import { pause } from './one-lab/pause.ts';
import { work } from './one-lab/work.ts';

// A start is half a minute: what leaves a lab fit for the next shares one, in this order.
let shared: BenchLab;
const theLab = () => shared;
beforeAll(async () => {
  shared = await benchLab();
});
afterAll(async () => await shared?.close());

describe('work that is taken home', () => work(theLab));
describe('a page that is open', () => live(theLab));
describe('a pause', () => pause(theLab));
describe('a lab that is lost', () => loss(theLab));
