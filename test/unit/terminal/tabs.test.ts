import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activated, firstTabs, renamed, restored, tabByKey, tabFor, withoutTab, withTab } from '#components/lab/terminal/tabs.ts';
import { Tabs } from '#course/desk.ts';

const none = new Set<number>();

test('whatever is done to tabs can be kept, and one of them is active', () => {
  const step = fc.oneof(
    fc.record({ add: fc.option(fc.string({ maxLength: 60 })) }),
    fc.record({ close: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ show: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ rename: fc.integer({ min: 1, max: 4 }), as: fc.string({ maxLength: 60 }) }),
    fc.record({ run: fc.option(fc.string({ maxLength: 60 })) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let tabs = firstTabs;
      for (const each of steps) {
        if ('add' in each) tabs = withTab(tabs, each.add, none) ?? tabs;
        else if ('close' in each) tabs = withoutTab(tabs, each.close);
        else if ('show' in each) tabs = activated(tabs, each.show);
        else if ('rename' in each) tabs = renamed(tabs, each.rename, each.as);
        else tabs = tabFor(tabs, each.run, none);
        expect(Tabs.parse(tabs)).toEqual(tabs);
        expect(tabs.tabs.map((tab) => tab.shell)).toContain(tabs.active);
      }
    }),
  );
});

test('a command goes to the tab of its name, a new one where there is room, the active one otherwise', () => {
  const logs = tabFor(firstTabs, 'logs', none);
  expect(logs).toEqual({ active: 2, tabs: [...firstTabs.tabs, { shell: 2, name: 'logs' }] });
  expect(tabFor(activated(logs, 1), 'logs', none)).toEqual(logs);
  expect(tabFor(logs, null, none)).toBe(logs);
  const full = withTab(withTab(logs, null, none) ?? logs, null, none) ?? logs;
  expect(full.tabs).toHaveLength(4);
  expect(tabFor(full, 'watch', none)).toBe(full);
});

test('a shell that is still ending is not given to a new tab', () => {
  const two = withTab(firstTabs, null, none) ?? firstTabs;
  expect(withTab(withoutTab(two, 2), null, new Set([2]))?.active).toBe(3);
});

test('a closed tab gives way to the one beside it, and the last one stays', () => {
  const two = withTab(firstTabs, 'logs', none) ?? firstTabs;
  expect(withoutTab(two, 2)).toEqual(firstTabs);
  expect(withoutTab(firstTabs, 1)).toBe(firstTabs);
});

test('arrow keys go round', () => {
  const two = withTab(firstTabs, 'logs', none) ?? firstTabs;
  expect(['ArrowRight', 'ArrowLeft', 'Home', 'End', 'x'].map((key) => tabByKey(two, key))).toEqual([1, 1, 1, 2, null]);
});

test('what was kept is mended where it has no tab, or no active one', () => {
  expect(restored(null)).toEqual(firstTabs);
  expect(restored({ active: 1, tabs: [] })).toEqual(firstTabs);
  expect(restored({ active: 1, tabs: [{ shell: 3, name: 'logs' }] }).active).toBe(3);
});
