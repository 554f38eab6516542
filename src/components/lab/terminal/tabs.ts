import type { Tabs } from '#course/desk.ts';

/** As many shells as a lab has. */
export const mostTabs = 4;
const longestName = 40;

export type Tab = Tabs['tabs'][number];

const usualName = (shell: number) => `Shell ${shell}`;

/** The tabs of a lab nobody has opened yet. */
export const firstTabs: Tabs = { active: 1, tabs: [{ shell: 1, name: usualName(1) }] };

/** What was kept, with at least one tab, and an active one that exists. */
export function restored(kept: Tabs | null): Tabs {
  const [first] = kept?.tabs ?? [];
  if (kept === null || first === undefined) return firstTabs;
  return kept.tabs.some(({ shell }) => shell === kept.active) ? kept : { ...kept, active: first.shell };
}

/** With another tab, which is active, on a shell that is none of `taken`; null when there is no room. */
export function withTab(tabs: Tabs, name: string | null, taken: ReadonlySet<number>): Tabs | null {
  const shell = [1, 2, 3, 4].find((number) => !taken.has(number) && tabs.tabs.every((tab) => tab.shell !== number));
  if (shell === undefined || tabs.tabs.length >= mostTabs) return null;
  return { active: shell, tabs: [...tabs.tabs, { shell, name: name?.trim().slice(0, longestName) || usualName(shell) }] };
}

/** Without a tab; the one beside it becomes active. The last one stays. */
export function withoutTab(tabs: Tabs, shell: number): Tabs {
  const at = tabs.tabs.findIndex((tab) => tab.shell === shell);
  const rest = tabs.tabs.filter((tab) => tab.shell !== shell);
  const next = rest[Math.min(Math.max(at, 0), rest.length - 1)];
  if (at < 0 || next === undefined) return tabs;
  return { active: tabs.active === shell ? next.shell : tabs.active, tabs: rest };
}

export function renamed(tabs: Tabs, shell: number, name: string): Tabs {
  const wanted = name.trim().slice(0, longestName);
  if (wanted === '') return tabs;
  return { ...tabs, tabs: tabs.tabs.map((tab) => (tab.shell === shell ? { ...tab, name: wanted } : tab)) };
}

export function activated(tabs: Tabs, shell: number): Tabs {
  return tabs.active !== shell && tabs.tabs.some((tab) => tab.shell === shell) ? { ...tabs, active: shell } : tabs;
}

/** The tab an arrow key leads to from the active one, round the ends; null for another key. */
export function tabByKey({ active, tabs }: Tabs, key: string): number | null {
  const at = tabs.findIndex((tab) => tab.shell === active);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[key];
  return to === undefined ? null : (tabs[to % tabs.length]?.shell ?? null);
}

/** Where a command goes: the tab of that name, a new one where there is room, the active one otherwise. */
export function tabFor(tabs: Tabs, name: string | null, taken: ReadonlySet<number>): Tabs {
  const named = name === null ? undefined : tabs.tabs.find((tab) => tab.name === name.trim());
  if (named !== undefined) return activated(tabs, named.shell);
  return (name === null ? null : withTab(tabs, name, taken)) ?? tabs;
}
