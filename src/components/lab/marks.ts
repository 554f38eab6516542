import type { Shown } from './words.ts';

/** Drawn in a 16 by 16 box. Shape tells what colour tells, for those who do not see it. */
export const marks: Readonly<Record<Shown, string>> = {
  passed: 'M3.5 8.5l3 3 6-7',
  'not-yet': 'M8 4.5V8l2.5 1.5M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5z',
  wrong: 'M8 4v5M8 11.6v.4M8 1.75 14.6 13.5H1.4z',
  'cannot-check': 'M6.3 6.3a1.75 1.75 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.2M8 11.1v.2M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5z',
  ready: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 6.9a1.1 1.1 0 1 0 0 2.2 1.1 1.1 0 0 0 0-2.2z',
  open: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
};
