import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readable, worded } from '#grading/wording.ts';

const table = { 'a.b': { seen: 'Pod {pod} has {missing}', needed: 'n', why: 'w', lookAt: 'l' } };

test('parameters are filled in, and one that is missing reads as nothing', () => {
  expect(worded({ code: 'a.b', params: { pod: 'web-1' }, path: ['pods', 0, 'spec'] }, table)).toMatchObject({
    seen: 'Pod web-1 has nothing',
    path: 'pods.0.spec',
  });
});

test('a hostile name stays one short line without control or direction characters', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.jsonValue()), (value) => {
      const text = readable(value);
      expect(text.length).toBeLessThanOrEqual(160);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});

test('a name that looks like a template is not filled again', () => {
  expect(worded({ code: 'a.b', params: { pod: '{missing}', missing: 'x' } }, table).seen).toBe('Pod {missing} has x');
});

test('a code without words is refused', () => {
  expect(() => worded({ code: 'a.c', params: {} }, table)).toThrow('a.c');
});
