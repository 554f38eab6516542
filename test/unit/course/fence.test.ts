import { describe, expect, it } from 'vitest';
import { fenceFaults, parseFence } from '#course/fence.ts';

describe('a fenced command', () => {
  it('is copied only, unless its author says that it may be run', () => {
    expect(parseFence('sh', '')).toEqual({ run: false, tab: null });
    expect(parseFence('', '')).toEqual({ run: false, tab: null });
    expect(parseFence('sh', 'run')).toEqual({ run: true, tab: null });
  });

  it('runs in the tab that its author names, in whichever order that is written', () => {
    expect(parseFence('bash', '  run   tab=logs ')).toEqual({ run: true, tab: 'logs' });
    expect(parseFence('sh', 'tab=Watch-2 run')).toEqual({ run: true, tab: 'Watch-2' });
  });

  it.each([
    ['sh', 'rum', /knows `run` and `tab=NAME`, not `rum`/],
    ['sh', 'run=yes', /not `run=yes`/],
    ['sh', 'run run', /twice/],
    ['sh', 'run tab=a tab=b', /twice/],
    ['yaml', 'run', /only `sh` can be run.*`yaml`/],
    ['', 'run', /plain text/],
    ['sh', 'tab=logs', /write `run` too/],
    ['sh', 'run tab=', /name of a tab/],
    ['sh', 'run tab="logs"', /name of a tab/],
    ['sh', `run tab=${'x'.repeat(21)}`, /at most 20/],
  ])('```%s %s is a mistake, and says which', (language, meta, words) => {
    expect(parseFence(language, meta)).toMatch(words);
  });
});

describe('the fences of a lesson', () => {
  const faults = (...lines: string[]) => fenceFaults('content/lessons/x.mdx', lines.join('\n'));

  it('are told with file and line', () => {
    expect(faults('Prose', '', '```sh run', 'ls', '```', '', '  ~~~yaml run', '  a: 1', '  ~~~')).toEqual([
      { file: 'content/lessons/x.mdx', line: 7, message: expect.stringContaining('`yaml`') },
    ]);
  });

  it('that run nothing are a mistake; empty ones that are only shown are not', () => {
    expect(faults('```sh run', '  ', '```').map(({ line }) => line)).toEqual([1]);
    expect(faults('```sh', '```')).toEqual([]);
  });

  it('are not looked for inside a longer fence', () => {
    expect(faults('````md', '```sh rum', 'ls', '```', '````')).toEqual([]);
  });

  it('do not end at a line that only begins like their end', () => {
    expect(faults('```sh run', '```not the end', 'ls', '```', '```sh rum', 'ls', '```').map(({ line }) => line)).toEqual([5]);
  });
});
