import { Terminal } from '@xterm/headless';
import { describe, expect, test } from 'vitest';
import { keyAction } from '#components/lab/terminal/keys.ts';
import { asksBefore, asOneLine, pasteable } from '#components/lab/terminal/paste.ts';
import { transcript } from '#components/lab/terminal/transcript.ts';

const key = (name: string) => {
  const parts = name.split(' ');
  return {
    key: parts.at(-1) ?? '',
    ctrlKey: parts.includes('Ctrl'),
    shiftKey: parts.includes('Shift'),
    altKey: parts.includes('Alt'),
    metaKey: parts.includes('Cmd'),
  };
};

describe('a key of the page’s own', () => {
  test.each([
    ['F6', 'leave'],
    ['Shift F6', 'leave-back'],
    ['Ctrl Shift C', 'copy'],
    ['Ctrl Shift V', 'paste'],
    ['Ctrl v', 'paste'],
    ['Shift Insert', 'paste'],
    ['Ctrl Shift F', 'find'],
    ['Ctrl +', 'larger'],
    ['Ctrl =', 'larger'],
    ['Ctrl -', 'smaller'],
    ['Ctrl 0', 'usual'],
  ])('%s: %s', (name, action) => {
    expect(keyAction(key(name), false, false)).toBe(action);
  });

  test.each(['Ctrl c', 'Ctrl f', 'Ctrl Shift _', 'Ctrl Insert', 'Alt F6', 'Ctrl F6', 'Ctrl Alt v', 'F5', 'Insert', 'c'])(
    '%s is the shell’s',
    (name) => {
      expect(keyAction(key(name), false, false)).toBe(null);
    },
  );

  test('copies only when something is selected; on a Mac with Command, while Ctrl+C interrupts', () => {
    expect(keyAction(key('Ctrl c'), true, false)).toBe('copy');
    expect(keyAction(key('Ctrl Insert'), true, false)).toBe('copy');
    expect(keyAction(key('Cmd c'), true, true)).toBe('copy');
    expect(keyAction(key('Ctrl c'), true, true)).toBe(null);
    expect(keyAction(key('Cmd v'), false, true)).toBe('paste');
  });
});

describe('a paste', () => {
  test('carries no keys, escape sequences or end of a paste', () => {
    expect(pasteable('a\x1b[201~\rrm -rf ~\r\n\x03\tb\x9bc\x7f')).toBe('a[201~\nrm -rf ~\n\tbc');
  });

  test.each([
    ['kubectl get pods', false, false],
    ['kubectl get pods\n', false, false],
    ['one\ntwo', false, true],
    ['one\n\ntwo\n', false, true],
    ['one\ntwo', true, false],
  ])('%j, in a program that takes pastes as one piece %s: asks %s', (text, bracketed, asks) => {
    expect(asksBefore(text, bracketed)).toBe(asks);
  });

  test('as one line joins what a backslash had cut', () => {
    expect(asOneLine('kubectl run web \\\n  --image=nginx\n')).toBe('kubectl run web --image=nginx');
    expect(asOneLine('one\ntwo\n')).toBe('one two');
  });
});

test('a transcript is the text of the whole scrollback, with wrapped lines joined and the full screen last', async () => {
  const terminal = new Terminal({ cols: 10, rows: 3, scrollback: 100, allowProposedApi: true });
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  await new Promise<void>((done) => terminal.write(`${lines.join('\r\n')}\r\n\x1b[31mabcdefghij klm\x1b[0m\r\n\x1b[?1049h\x1b[Hvim`, done));
  expect(transcript(terminal)).toBe(`${lines.join('\n')}\nabcdefghij klm\n\nvim\n`);
});
