import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from '#runtime/work/plain-text.ts';

function read(...pieces: string[]): string {
  const plain = plainText();
  return pieces.map((piece) => plain.push(piece)).join('') + plain.end();
}

test('colours, titles and modes are gone, lines stay', () => {
  expect(read('\x1b[?2004h\x1b]0;learner@lab\x07\x1b[01;32mlearner\x1b[0m:~$ ls\r\n\x1b[?2004l\ra  b\r\n\r\nend')).toBe(
    'learner:~$ ls\na  b\n\nend\n',
  );
});

test('what was mistyped and mended is not in it', () => {
  expect(read('$ lx\b \bs\r\n')).toBe('$ ls\n');
  expect(read('$ kubectl gte\x1b[2D\x1b[Ket pods\r\n')).toBe('$ kubectl get pods\n');
  expect(read('$ ab\x1b[1D\x1b[1@X\r\n$ abc\x1b[2D\x1b[1P\r\n')).toBe('$ aXb\n$ ac\n');
});

test('of a progress bar the last state stays', () => {
  expect(read('10%\r50%\r100%\r\n')).toBe('100%\n');
  expect(read('a longer one\r\x1b[2Kdone\r\n')).toBe('done\n');
});

test('a full-screen program is named, not painted', () => {
  expect(read('$ vim x\r\n\x1b[?1049h\x1b[2;3Hpainted\x1b[?25l\r\nmore\x1b[?1049l$ \r\n')).toBe(
    '$ vim x\n[a full-screen program ran here]\n$\n',
  );
});

test('where the output is cut into pieces makes no difference, and nothing escapes', () => {
  const part = fc.constantFrom(
    'a',
    'B ',
    'ü',
    '\x1b[31m',
    '\x1b[K',
    '\r\n',
    '\r',
    '\b',
    '\t',
    '\x1b]0;t\x07',
    '\x1b[?1049h',
    '\x1b[?1049l',
    '\x1b',
    '\x1b[9999999C',
    '\x00',
    '\x1b[3',
    '🚢',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), fc.array(fc.nat(100), { maxLength: 5 }), (parts, cuts) => {
      const whole = parts.join('');
      const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
      const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end));
      const text = read(whole);
      expect(read(...pieces)).toBe(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would act on.
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    }),
  );
});

test('one long line of megabytes is read in no time', () => {
  const began = performance.now();
  const text = read('x'.repeat(4 * 1024 * 1024), '\x1b['.repeat(100_000), '\x1b]'.repeat(100_000));
  expect(text.length).toBeGreaterThan(4 * 1024 * 1024);
  expect(performance.now() - began).toBeLessThan(4_000);
});

test('output that makes lines long without printing takes neither memory nor time', () => {
  const began = performance.now();
  const text = read(...Array<string>(4).fill('\x1b[8192@'.repeat(2_000)), 'x\r\x1b[8192@'.repeat(2_000), 'y');
  expect(text.length).toBeLessThan(100_000);
  expect(performance.now() - began).toBeLessThan(4_000);
});
