import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reasons } from '#grading';
import { Finding } from '#grading/verdict.ts';
import { readable, reworded, worded } from '#grading/wording.ts';

const table = { 'a.b': { seen: 'Pod {pod} has {missing}', needed: 'n', why: 'w', lookAt: 'l' } };

test('parameters are filled in, and one that is missing reads as nothing', () => {
  expect(worded({ code: 'a.b', params: { pod: 'web-1' }, path: ['pods', 0, 'spec'] }, table)).toMatchObject({
    seen: 'Pod web-1 has nothing',
    path: 'pods.0.spec',
  });
  expect(worded({ code: 'a.b', params: { pod: ['web-1', 'web-2'] } }, table).seen).toBe('Pod web-1, web-2 has nothing');
  expect(worded({ code: 'a.b', params: { pod: { name: 'web-1' } } }, table).seen).toBe('Pod {"name":"web-1"} has nothing');
});

/** Whatever a learner may put into a name or a message. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.jsonValue({ noUnicodeString: false }),
  fc.constantFrom(
    '<img src=x onerror=alert(1)>',
    '\u001b[31mred\u001b[0m\r\nlines\u2028and more',
    '\u202Eright to left\u2066',
    '\ud800 alone \udfff',
    '\u0000\u0008\u007f\u0085',
    '{missing} {pod} $& $1 {constructor}',
    '\u{1F3C1}'.repeat(300),
  ),
);

test('a hostile value stays one short, well-formed line without control or direction characters', () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const text = readable(value);
      expect(text.length).toBeLessThanOrEqual(160);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      expect(text.isWellFormed()).toBe(true);
      expect(readable(text)).toBe(text);
    }),
  );
});

test('a finding about hostile values is small enough to store, and told the same from what was stored', () => {
  fc.assert(
    fc.property(hostile, fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.nat()), { maxLength: 5 }), (value, path) => {
      const finding = worded({ code: 'a.b', params: { pod: value as string }, path }, table);
      expect(Finding.parse(JSON.parse(JSON.stringify(finding)))).toEqual(finding);
      expect(JSON.stringify(finding).length).toBeLessThan(2000);
      expect(reworded(finding, table)).toEqual(finding);
    }),
  );
});

test('10 MB of a value, wide or deep, costs no more than what is told of it', () => {
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key-${index}`, 'x'.repeat(100)]));
  let deep: fc.JsonValue = 'bottom';
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  for (const params of [{ pod: 'x'.repeat(10_000_000) }, { pod: wide }, { pod: deep }, { pod: Array(1_000_000).fill('x') }]) {
    const finding = worded({ code: 'a.b', params: params as never }, table);
    expect(finding.seen.length).toBeLessThan(200);
    expect(JSON.stringify(finding.params).length).toBeLessThan(400);
  }
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, index]));
  expect(Object.keys(worded({ code: 'a.b', params: many }, table).params).length).toBeLessThanOrEqual(20);
});

test('a name that looks like a template is not filled again, and one of Object’s own is not looked up', () => {
  expect(worded({ code: 'a.b', params: { pod: '{missing}', missing: 'x' } }, table).seen).toBe('Pod {missing} has x');
  expect(worded({ code: 'a.b', params: { pod: '$& $1' } }, table).seen).toBe('Pod $& $1 has nothing');
  const proto = { 'a.b': { ...table['a.b'], seen: '{constructor} {__proto__}' } };
  expect(worded({ code: 'a.b', params: {} }, proto).seen).toBe('nothing nothing');
});

test('a code without words is refused', () => {
  expect(() => worded({ code: 'a.c', params: {} }, table)).toThrow('a.c');
  expect(() => worded({ code: 'constructor', params: {} }, table)).toThrow('constructor');
});

test('a stored finding can be told in another language, and stays as it was where there is none', () => {
  const because = reasons(table, { fr: { 'a.b': { seen: 'Le pod {pod} a {missing}', needed: 'b', why: 'p', lookAt: 'r' } } });
  const finding = worded(because('a.b', { pod: 'web-1', missing: 3 }), because.words);
  expect(reworded(finding, because.translations['fr'] ?? {})).toEqual({
    ...finding,
    seen: 'Le pod web-1 a 3',
    needed: 'b',
    why: 'p',
    lookAt: 'r',
  });
  expect(reworded(finding, because.translations['de'] ?? {})).toEqual(finding);
  // @ts-expect-error: there is no such code to translate
  expect(reasons(table, { fr: { 'a.c': table['a.b'] } }).translations).toBeDefined();
});
