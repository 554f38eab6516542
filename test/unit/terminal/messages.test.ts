import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandText, inputMessages, isReply } from '#components/lab/terminal/messages.ts';
import { maxUpBytes, Up } from '#lab/wire.ts';

describe('what is typed', () => {
  test('reaches the shell whole, in messages the server takes', () => {
    const text = fc
      .array(fc.constantFrom('a', '\u0001', '"', '\ud83d\ude00', 'ж'), { maxLength: 40 })
      .map((parts) => parts.join('').repeat(900));
    fc.assert(
      fc.property(text, (typed) => {
        const messages = inputMessages(typed, 0);
        for (const message of messages) {
          expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThanOrEqual(maxUpBytes);
          expect(Up.safeParse(message).success).toBe(true);
        }
        expect(messages.map((message) => Buffer.from(message.type === 'input' ? message.data : '').toString()).join('')).toBe(typed);
      }),
      { numRuns: 30 },
    );
  });

  test.each([
    ['kubectl get pods', 'kubectl get pods\r'],
    ['one\ntwo\n', 'one\rtwo\r'],
    ['one\r\ntwo', 'one\rtwo\r'],
  ])('as the command %j is %j', (text, typed) => {
    expect(commandText(text)).toBe(typed);
  });
});

describe('a terminal’s answers are told from keys:', () => {
  test.each([
    ['who are you', '\x1b[?1;2c'],
    ['which version', '\x1b[>0;276;0c'],
    ['where is the cursor', '\x1b[18;1R'],
    ['all is well', '\x1b[0n'],
    ['a mode', '\x1b[?2004;1$y'],
    ['a setting', '\x1bP1$r0m\x1b\\'],
    ['a colour', '\x1b]11;rgb:0d0d/1616/1b1b\x1b\\'],
    ['the focus', '\x1b[I'],
  ])('%s', (_name, data) => {
    expect(isReply(data)).toBe(true);
  });

  test.each([
    ['a letter', 'c'],
    ['Enter', '\r'],
    ['Escape', '\x1b'],
    ['an arrow', '\x1b[A'],
    ['an arrow in application mode', '\x1bOA'],
    ['Ctrl and an arrow', '\x1b[1;5C'],
    ['Delete', '\x1b[3~'],
    ['Shift and Tab', '\x1b[Z'],
    ['F5', '\x1b[15~'],
    ['Alt and a letter', '\x1bb'],
    ['a paste', '\x1b[200~echo hi\x1b[201~'],
    ['a click', '\x1b[<0;10;5M'],
  ])('%s is a key', (_name, data) => {
    expect(isReply(data)).toBe(false);
  });
});
