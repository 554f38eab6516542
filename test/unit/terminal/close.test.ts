import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeReason, closes, closeText } from '#lab/close.ts';

test('every close code means one thing', () => {
  const codes = Object.values(closes).map((close) => close.code);
  expect(new Set(codes).size).toBe(codes.length);
  expect(closeReason(1012)).toBe('restarting');
  expect(closeReason(1006)).toBeNull();
});

test('a reason always fits into a close frame, whatever it is written in', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'ж', '…', '😀', '\ufffd', '\ud800'), maxLength: 200 }), (text) => {
      expect(Buffer.byteLength(closeText(text))).toBeLessThanOrEqual(123);
    }),
  );
  expect(closeText('ключ '.repeat(40))).toMatch(/^(ключ )+.*…$/u);
  expect(closeText('short')).toBe('short');
});
