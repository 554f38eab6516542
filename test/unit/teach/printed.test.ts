import { expect, test } from 'vitest';
import { printed } from '#components/teach/printed.ts';

test('a value is printed with its structure', () => {
  expect(printed({ a: ['b', 1, null] })).toBe('{\n  "a": [\n    "b",\n    1,\n    null\n  ]\n}');
});

test('characters that do not show or turn the direction of others are seen as what they are', () => {
  expect(printed('wrong\u202edessap\u200b 40\u0000', 0)).toBe(String.raw`"wrong\u{202e}dessap\u{200b} 40\u0000"`);
});
