import { expect, it } from 'vitest';
import { missingShell } from '#components/lesson/run-words.ts';
import { states } from '#lab/session.ts';

it('a command is run only while the lab is ready; in any other state the reader is told what to do first', () => {
  expect(missingShell('ready')).toBeNull();
  for (const state of [undefined, ...states.filter((each) => each !== 'ready')]) {
    expect(missingShell(state), String(state)).toMatch(/start|resume|begin|when it is ready/i);
  }
});
