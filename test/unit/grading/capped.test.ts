import { expect, test } from 'vitest';
import type { Evidence } from '#grading/evidence.ts';
import { capped } from '#runtime/grade/capped.ts';

const at = '2026-11-23T12:00:00.000Z';
const evidence = (more: Partial<Evidence>): Evidence => ({
  task: 'claim',
  at,
  settlingSince: null,
  observed: { pods: { ok: true, value: ['small'] } },
  journal: [],
  trials: null,
  partial: false,
  ...more,
});
const entry = (seq: number) => ({ seq, at, witness: 'claim.answers', kind: 'seen' as const, value: 'x'.repeat(90) });

test('evidence that fits is kept whole', () => {
  const small = evidence({ journal: [entry(1), entry(2)] });
  expect(capped(small)).toBe(small);
});

test('the oldest journal entries go first, and the attempt says so', () => {
  const cut = capped(evidence({ journal: Array.from({ length: 100 }, (_, index) => entry(index + 1)) }), 4000);
  expect(JSON.stringify(cut).length).toBeLessThanOrEqual(4000);
  expect(cut.partial).toBe(true);
  expect(cut.journal.at(-1)?.seq).toBe(100);
  expect(cut.observed).toEqual({ pods: { ok: true, value: ['small'] } });
});

test('then the largest value, with its size', () => {
  const cut = capped(evidence({ observed: { pods: { ok: true, value: ['small'] }, huge: { ok: true, value: 'x'.repeat(9000) } } }), 4000);
  expect(cut).toMatchObject({
    partial: true,
    observed: { pods: { ok: true, value: ['small'] }, huge: { ok: false, reason: expect.stringMatching(/bytes was too large/) } },
  });
});
