import { describe, expect, it } from 'vitest';
import { codeParts, findingRows, memory, points, span, usually } from '#components/lab/words.ts';

describe('how long something takes', () => {
  it.each([
    [0, '0 s'],
    [240, 'under 1 s'],
    [8_400, '8 s'],
    [59_700, '1 min'],
    [80_000, '1 min 20 s'],
    [420_000, '7 min'],
    [431_000, '7 min'],
    [-5_000, '0 s'],
  ])('says %i ms as "%s"', (milliseconds, said) => {
    expect(span(milliseconds)).toBe(said);
  });

  it.each([
    [12_100, 14_900, 'usually 12–15 s'],
    [1_600, 2_200, 'usually 2 s'],
    [300, 4_000, 'usually up to 4 s'],
    [50_000, 130_000, 'usually 50 s to 2 min 10 s'],
    [9_000, 4_000, 'usually 9 s'],
  ])('estimates %i to %i ms as "%s"', (p50, p90, said) => {
    expect(usually(p50, p90)).toBe(said);
  });
});

describe('what a learner reads', () => {
  it('counts points and memory as people do', () => {
    expect([points(1), points(3), memory(600), memory(1100), memory(4096)]).toEqual([
      '1 point',
      '3 points',
      '600 MiB',
      '1.1 GiB',
      '4.0 GiB',
    ]);
  });

  it('shows backticked words as code, and text without any as it is', () => {
    expect(codeParts('The volume `bookings` is an `emptyDir`.')).toEqual([
      { text: 'The volume ', code: false },
      { text: 'bookings', code: true },
      { text: ' is an ', code: false },
      { text: 'emptyDir', code: true },
      { text: '.', code: false },
    ]);
    expect(codeParts('plain')).toEqual([{ text: 'plain', code: false }]);
  });

  it('tells a finding in reading order and leaves out what it does not say', () => {
    expect(findingRows({ seen: 'an emptyDir', needed: 'a claim', why: '', lookAt: 'the volumes' })).toEqual([
      ['Seen', 'an emptyDir'],
      ['Needed', 'a claim'],
      ['Look at', 'the volumes'],
    ]);
  });
});
