import fc from 'fast-check';
import { expect, test } from 'vitest';
import { after, type Move, moves, type SessionState, states } from '#lab/session.ts';

const names = Object.keys(moves) as Move[];

test('no sequence of moves leaves the table', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names)), (sequence) => {
      let state: SessionState = 'queued';
      for (const move of sequence) {
        const next = after(state, move);
        if (next !== null) state = next;
        expect(states).toContain(state);
      }
    }),
  );
});

test('an ended session never moves again', () => {
  for (const move of names) expect(after('ended', move)).toBeNull();
});

test('a lab can always be ended, and always by two moves', () => {
  for (const state of states.filter((state) => state !== 'ended')) {
    const ending = state === 'ending' ? state : after(state, 'end');
    expect(ending).toBe('ending');
    expect(after('ending', 'gone')).toBe('ended');
  }
});

test('nothing becomes ready but by being made or resumed', () => {
  for (const state of states) for (const move of names) if (after(state, move) === 'ready') expect(['starting', 'paused']).toContain(state);
});
