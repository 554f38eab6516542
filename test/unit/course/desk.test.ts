import { describe, expect, test } from 'vitest';
import { deskSchema, deskValue, Scroll } from '#course/desk.ts';

const kept = (name: string, value: unknown) => deskSchema(name)?.safeParse(value).success;

describe('the desk', () => {
  test('keeps a place, a scroll position, drafts and tabs', () => {
    expect(kept('place', { lesson: '04-state-inside', at: '2026-11-23T10:00:00.000Z' })).toBe(true);
    expect(kept('scroll:04-state-inside', { anchor: null, offset: -12.5 })).toBe(true);
    expect(kept('drafts:04-state-inside', { leader: 'redis-0', other: '' })).toBe(true);
    expect(kept('tabs:04-state-inside', { active: 1, tabs: [{ shell: 1, name: 'Terminal' }] })).toBe(true);
    expect(kept('tabs:04-state-inside', { active: 1, tabs: [] })).toBe(true);
  });

  test('knows no other name', () => {
    for (const name of [
      '',
      'place:',
      'place:x',
      'scroll',
      'scroll:',
      'scroll:../x',
      'drafts:A B',
      'toString',
      'tabs:a:b',
      `tabs:${'a'.repeat(65)}`,
    ]) {
      expect(deskSchema(name), name).toBeNull();
    }
  });

  test('refuses what could not be drawn again', () => {
    const tab = (shell: number, name = 'one') => ({ shell, name });
    expect(kept('tabs:lab', { active: 5, tabs: [tab(1)] })).toBe(false);
    expect(kept('tabs:lab', { active: 1, tabs: [tab(1), tab(1, 'two')] })).toBe(false);
    expect(kept('tabs:lab', { active: 1, tabs: [1, 2, 3, 4, 5].map((shell) => tab(shell)) })).toBe(false);
    expect(kept('tabs:lab', { active: 1, tabs: [tab(1, '   ')] })).toBe(false);
    expect(kept('scroll:lesson', { anchor: 'x', offset: Number.NaN })).toBe(false);
    expect(kept('place', { lesson: '04', at: 'yesterday' })).toBe(false);
    expect(kept('drafts:lab', { leader: 'x'.repeat(2_001) })).toBe(false);
    expect(kept('drafts:lab', { leader: 7 })).toBe(false);
    expect(kept('place', { lesson: '04', at: '2026-11-23T10:00:00.000Z', more: 1 })).toBe(false);
  });

  test('a value of another form is as if there were none', () => {
    expect(deskValue(Scroll, { anchor: 'x', offset: 3 })).toEqual({ anchor: 'x', offset: 3 });
    expect(deskValue(Scroll, { anchor: 'x' })).toBeNull();
    expect(deskValue(Scroll, undefined)).toBeNull();
  });
});
