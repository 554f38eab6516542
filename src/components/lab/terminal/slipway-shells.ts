import type { Tabs } from '#course/desk.ts';
import { h } from '../dom.ts';
import { icon } from './icons.ts';
import { changeFontSize } from './preferences.ts';
import { runLog } from './runs.ts';
import './shells.css';
import { SlipwayTerminal } from './slipway-terminal.ts';
import { activated, mostTabs, renamed, restored, type Tab, tabByKey, tabFor, withoutTab, withTab } from './tabs.ts';

/** Which session's shells, what tabs it had, and who keeps them. */
export interface ShellsOf {
  session: string;
  epoch: number;
  tabs: Tabs | null;
  keep(tabs: Tabs): void;
}

/**
 * `<slipway-shells>`: the shells of a lab as tabs. A shell is begun when its tab is first looked at, lives until the tab
 * is closed, and is there again after a reload. `run` types a command of the lesson. The attribute `state` is that of
 * the shell that is shown.
 */
export class SlipwayShells extends HTMLElement {
  private of: ShellsOf | null = null;
  private tabs: Tabs = restored(null);
  private runs: ReturnType<typeof runLog> | null = null;
  private list: HTMLElement = h('div', { class: 'shell-tabs', role: 'tablist', 'aria-label': 'Shells' });
  private panels: HTMLElement = h('div', { class: 'shell-panels' });
  private more: HTMLButtonElement | null = null;
  /** Shells whose tab was closed and that have not ended yet. */
  private readonly ending = new Map<number, SlipwayTerminal>();

  show(of: ShellsOf): void {
    this.of = of;
    this.tabs = restored(of.tabs);
    this.runs = runLog(`slipway.runs.${of.session}.${of.epoch}`, sessionStorage);
    const tool = (label: string, sign: Node | string, onclick: () => void) =>
      h('button', { type: 'button', class: 'shell-tool', 'aria-label': label, title: label, onclick }, sign);
    this.more = tool('New shell', icon('plus'), () => this.add());
    this.replaceChildren(
      h(
        'div',
        { class: 'shell-bar' },
        this.list,
        this.more,
        h(
          'div',
          { class: 'shell-tools', role: 'group', 'aria-label': 'Terminal' },
          tool('Find (Ctrl+Shift+F)', icon('find'), () => this.active.find()),
          tool('Transcript as text', icon('text'), () => void this.active.showTranscript(this.nameOf(this.tabs.active))),
          tool('A− Smaller text (Ctrl+−)', 'A−', () => changeFontSize(-1)),
          tool('A+ Larger text (Ctrl++)', 'A+', () => changeFontSize(1)),
        ),
      ),
      this.panels,
    );
    this.list.addEventListener('keydown', (event) => this.key(event));
    this.addEventListener('slipway:state', (event) => this.heard(event));
    this.addEventListener('slipway:ran', (event) => this.runs?.done((event as CustomEvent<string>).detail));
    this.draw();
    for (const [id, { shell, text }] of this.runs.open()) this.terminal(shell).run(id, text);
  }

  /**
   * Types `text` and Enter once for each `id`, however often it is asked, the connection breaks or the page is loaded
   * anew: in the tab of that name, which is made where there is room, else in the active one. The focus stays.
   */
  run(id: string, text: string, tab: string | null = null): void {
    if (this.runs === null || this.runs.knows(id)) return;
    this.change(tabFor(this.tabs, tab, this.taken));
    this.runs.add(id, { shell: this.tabs.active, text });
    this.active.run(id, text);
  }

  override focus(): void {
    this.active.focus();
  }

  /** The lab goes on: its shells are reached again. */
  wake(): void {
    for (const terminal of this.querySelectorAll('slipway-terminal')) terminal.wake();
  }

  private get active(): SlipwayTerminal {
    return this.terminal(this.tabs.active);
  }

  private get taken(): ReadonlySet<number> {
    return new Set(this.ending.keys());
  }

  private nameOf(shell: number): string {
    return this.tabs.tabs.find((tab) => tab.shell === shell)?.name ?? '';
  }

  private change(tabs: Tabs): void {
    if (tabs === this.tabs) return;
    this.tabs = tabs;
    this.of?.keep(tabs);
    this.draw();
  }

  private terminal(shell: number): SlipwayTerminal {
    const found = this.panels.querySelector<SlipwayTerminal>(`#shell-panel-${shell}`);
    if (found !== null) return found;
    const terminal = new SlipwayTerminal();
    const { session = '', epoch = 1 } = this.of ?? {};
    const attributes = { session, epoch: String(epoch), shell: String(shell), id: `shell-panel-${shell}`, role: 'tabpanel' };
    for (const [name, value] of Object.entries(attributes)) terminal.setAttribute(name, value);
    terminal.setAttribute('aria-labelledby', `shell-tab-${shell}`);
    terminal.hidden = shell !== this.tabs.active;
    this.panels.append(terminal);
    return terminal;
  }

  private draw(): void {
    const { active, tabs } = this.tabs;
    const focused = this.list.contains(document.activeElement);
    this.active.hidden = false;
    this.setAttribute('state', this.active.getAttribute('state') ?? 'connecting');
    for (const terminal of this.panels.querySelectorAll('slipway-terminal')) {
      terminal.hidden = terminal.getAttribute('shell') !== String(active);
    }
    const drawn = tabs.map((tab) => this.paint(this.tabElement(tab.shell) ?? this.tab(tab.shell), tab));
    for (const old of [...this.list.children]) if (!drawn.includes(old as HTMLElement)) old.remove();
    for (const tab of drawn) if (!tab.isConnected) this.list.append(tab);
    if (focused) this.tabElement(active)?.focus();
    this.tabElement(active)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    const full = tabs.length >= mostTabs;
    this.more?.setAttribute('aria-disabled', String(full));
    if (this.more) this.more.title = full ? `A lab has ${mostTabs} shells at most` : 'New shell';
  }

  private tabElement(shell: number): HTMLElement | null {
    return this.list.querySelector(`#shell-tab-${shell}`);
  }

  private tab(shell: number): HTMLElement {
    // A mouse's way to close: the keyboard's is Delete, since a tab holds nothing that could have the focus.
    const cross = h('span', { class: 'shell-cross', title: 'Close', 'aria-hidden': 'true' }, icon('close'));
    const id = `shell-tab-${shell}`;
    const tab = h('button', { type: 'button', role: 'tab', id, class: 'shell-tab' }, h('span', { class: 'shell-name' }), cross);
    tab.addEventListener('click', (event) => {
      if (event.target instanceof Node && cross.contains(event.target)) void this.close(shell);
      else {
        this.change(activated(this.tabs, shell));
        this.active.focus();
      }
    });
    tab.addEventListener('auxclick', (event) => event.button === 1 && void this.close(shell));
    tab.addEventListener('dblclick', () => void this.rename(shell));
    return tab;
  }

  private paint(tab: HTMLElement, { shell, name }: Tab): HTMLElement {
    const selected = shell === this.tabs.active;
    const alone = this.tabs.tabs.length === 1;
    const panel = this.panels.querySelector(`#shell-panel-${shell}`);
    const label = tab.querySelector('.shell-name');
    if (label) label.textContent = name;
    tab.title = `${name}: F2 renames${alone ? '' : ', Delete closes'}`;
    tab.tabIndex = selected ? 0 : -1;
    tab.toggleAttribute('data-alone', alone);
    tab.setAttribute('aria-selected', String(selected));
    tab.setAttribute('aria-keyshortcuts', alone ? 'F2' : 'F2 Delete');
    if (panel) tab.setAttribute('aria-controls', panel.id);
    return tab;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const shell = tabByKey(this.tabs, event.key);
    if (shell !== null) this.change(activated(this.tabs, shell));
    else if (event.key === 'F2') void this.rename(this.tabs.active);
    else if (event.key === 'Delete') void this.close(this.tabs.active);
    else return;
    event.preventDefault();
  }

  private add(): void {
    const more = withTab(this.tabs, null, this.taken);
    if (more === null) return;
    this.change(more);
    this.active.focus();
  }

  private async rename(shell: number): Promise<void> {
    const { askName } = await import('./dialogs.ts');
    const name = await askName(this.nameOf(shell));
    if (name !== null) this.change(renamed(this.tabs, shell, name));
    this.tabElement(shell)?.focus();
  }

  /** Ends the shell; asks first unless it is known to be idle. */
  private async close(shell: number): Promise<void> {
    if (this.tabs.tabs.length === 1 || this.ending.has(shell)) return;
    const terminal = this.terminal(shell);
    if (terminal.running !== false) {
      const { askClose } = await import('./dialogs.ts');
      if (!(await askClose(this.nameOf(shell), terminal.running))) return;
    }
    const left = withoutTab(this.tabs, shell);
    if (left === this.tabs) return;
    const focused = this.contains(document.activeElement) || document.activeElement === document.body;
    this.ending.set(shell, terminal);
    terminal.inert = true;
    terminal.removeAttribute('aria-labelledby');
    if (terminal.getAttribute('state') === 'exited') this.ended(shell);
    else terminal.end();
    this.change(left);
    if (focused) this.tabElement(this.tabs.active)?.focus();
  }

  private heard(event: Event): void {
    if (!(event.target instanceof SlipwayTerminal)) return;
    const shell = Number(event.target.getAttribute('shell'));
    const state = event.target.getAttribute('state') ?? '';
    if (this.ending.has(shell) && (state === 'exited' || state === 'over')) this.ended(shell);
    else if (state !== '') this.tabElement(shell)?.setAttribute('data-state', state);
    if (shell === this.tabs.active) this.setAttribute('state', state);
  }

  private ended(shell: number): void {
    this.ending.get(shell)?.remove();
    this.ending.delete(shell);
  }
}

if (!customElements.get('slipway-shells')) customElements.define('slipway-shells', SlipwayShells);

declare global {
  interface HTMLElementTagNameMap {
    'slipway-shells': SlipwayShells;
  }
}
