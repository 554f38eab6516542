import type { Down } from '#lab/wire.ts';
import { type ConnectionState, type Opened, ShellConnection } from './connection.ts';
import { findBar } from './find.ts';
import type { KeyAction } from './keys.ts';
import { isReply } from './messages.ts';
import { Outbox } from './outbox.ts';
import { buildParts, type Parts } from './parts.ts';
import { changeFontSize, onPreference, prefer, preferences } from './preferences.ts';
import { createScreen, type Screen } from './screen.ts';
import './terminal.css';
import { onThemeChange } from './theme.ts';
import { followWakings } from './wakings.ts';
import { stateNotice, stateWords, volume, waitingWords } from './words.ts';

interface View {
  parts: Parts;
  screen: Screen;
  connection: ShellConnection;
  outbox: Outbox;
  find: ReturnType<typeof findBar>;
}

/**
 * `<slipway-terminal session="…" epoch="1" shell="1">`: a shell of a lab. Comes back by itself after a reload or a lost
 * connection with the screen it had, and with what was typed meanwhile. Emits `slipway:state` and, for each command
 * that was typed for `run`, `slipway:ran`.
 */
export class SlipwayTerminal extends HTMLElement {
  private view: View | null = null;
  private over = new AbortController();
  private peers = 1;
  private smaller = false;
  private parsed = 0;
  private replayEnd = 0;
  /** Counts the screens begun anew: what was written to an earlier one is not acknowledged to the next. */
  private generation = 0;

  connectedCallback(): void {
    this.over = new AbortController();
    const { signal } = this.over;
    const [session = '', epoch = '', shell = '1'] = ['session', 'epoch', 'shell'].map((name) => this.getAttribute(name) ?? undefined);
    const parts = buildParts(this);
    const screen = createScreen({
      host: parts.screen,
      screenReader: preferences().screenReader,
      onData: (data) => this.typed(data),
      onAction: (action) => this.act(action),
      signal,
    });
    screen.terminal.textarea?.setAttribute('aria-describedby', parts.way.id);
    const outbox = new Outbox(`slipway.shell.${session}.${epoch}.${shell}`, sessionStorage);
    const connection = new ShellConnection({
      url: shellUrl(session, shell),
      outbox,
      events: {
        state: (state) => this.show(state),
        opened: (opened) => this.opened(opened),
        output: (bytes, offset) => this.write(bytes, offset),
        message: (message) => this.heard(message),
      },
    });
    this.view = { parts, screen, connection, outbox, find: findBar(this, screen.terminal) };
    this.follow(this.view, signal);
    connection.connect();
  }

  disconnectedCallback(): void {
    this.over.abort();
    this.view?.outbox.keep();
    this.view?.connection.close();
    this.view?.screen.terminal.dispose();
    this.view = null;
    this.replaceChildren();
  }

  /** Types `text` and Enter, once for each `id`, however often it is asked and the connection breaks. */
  run(id: string, text: string): void {
    this.view?.connection.run(id, text);
  }

  /** Hangs the shell up; the state `exited` follows. */
  end(): void {
    this.view?.connection.end();
  }

  /** Whether a program runs in the shell; null when that is not known. */
  get running(): boolean | null {
    const { connection, screen } = this.view ?? {};
    return connection?.state.name === 'exited' ? false : (screen?.running() ?? null);
  }

  /** Goes on after a pause, or at once instead of at the next try. */
  wake(): void {
    if (this.view?.connection.state.name !== 'exited') this.view?.connection.connect();
  }

  /** Opens the search. */
  find(): void {
    this.view?.find.open();
  }

  async showTranscript(name: string): Promise<void> {
    const { showTranscript } = await import('./transcript.ts');
    if (this.view) showTranscript(this.view.screen.terminal, name);
  }

  override focus(): void {
    this.view?.screen.terminal.focus();
  }

  private follow({ parts, screen, connection, outbox }: View, signal: AbortSignal): void {
    const refit = () => {
      const size = screen.fitting();
      if (size === null) return;
      if (this.peers < 2) screen.terminal.resize(size.cols, size.rows);
      connection.resize(size.cols, size.rows);
    };
    const observer = new ResizeObserver(refit);
    observer.observe(parts.screen);
    signal.addEventListener('abort', () => observer.disconnect());
    onThemeChange(screen.repaint, signal);
    followWakings(connection, signal);
    addEventListener('pagehide', () => outbox.keep(), { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && outbox.unkeep(), { signal });
    parts.bannerButton.addEventListener('click', () => {
      connection.retry();
      this.focus();
    });
    parts.after.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.focus();
    });
    const like = ({ fontSize, screenReader }: ReturnType<typeof preferences>) => {
      parts.reader.setAttribute('aria-pressed', String(screenReader));
      screen.terminal.options.screenReaderMode = screenReader;
      if (screen.terminal.options.fontSize === fontSize) return;
      screen.terminal.options.fontSize = fontSize;
      refit();
    };
    like(preferences());
    onPreference(like, signal);
    parts.reader.addEventListener('click', () => prefer({ screenReader: !preferences().screenReader }));
  }

  private act(action: KeyAction): void {
    if (action === 'leave') this.view?.parts.after.focus();
    else if (action === 'leave-back') this.view?.parts.before.focus();
    else if (action === 'find') this.find();
    else if (action === 'larger') changeFontSize(1);
    else if (action === 'smaller') changeFontSize(-1);
    else if (action === 'usual') changeFontSize(0);
  }

  private typed(data: string): void {
    if (this.view === null) return;
    const { connection, parts } = this.view;
    const replaying = this.parsed < this.replayEnd;
    const elsewhere = this.peers > 1 && !this.contains(document.activeElement);
    if ((replaying || elsewhere || connection.state.name !== 'open') && isReply(data)) return;
    if (connection.state.name === 'exited') {
      if (data === '\r') connection.connect();
    } else if (connection.type(data)) this.tellWaiting();
    else if (connection.waiting > 0) parts.tellWaiting('That is as much as can be kept.');
  }

  private tellWaiting(): void {
    if (this.view?.connection.state.name === 'waiting') this.view.parts.tellWaiting(waitingWords(this.view.connection.waiting));
  }

  /** A chunk that ends the replay is parsed in two, so that queries in the live part are answered. */
  private write(bytes: Uint8Array, offset: number): void {
    const terminal = this.view?.screen.terminal;
    const { generation } = this;
    const live = Math.min(bytes.length, Math.max(0, this.replayEnd - offset));
    for (const [start, end] of live > 0 && live < bytes.length
      ? [[0, live] as const, [live, bytes.length] as const]
      : [[0, bytes.length] as const]) {
      terminal?.write(bytes.subarray(start, end), () => {
        if (generation !== this.generation) return;
        this.parsed = offset + end;
        this.view?.connection.acknowledge(this.parsed);
      });
    }
  }

  private opened({ from, to, fresh, continues, dropped }: Opened): void {
    if (!continues) {
      this.view?.screen.clear();
      this.generation += 1;
      this.parsed = from;
    }
    this.replayEnd = to;
    const lost = dropped > 0 ? ' What you typed was for the one that ended, and was not sent.' : '';
    this.note(fresh && (from > 0 || dropped > 0) ? `A new shell was started.${lost}` : '');
  }

  private heard(message: Parameters<ConstructorParameters<typeof ShellConnection>[0]['events']['message']>[0]): void {
    const terminal = this.view?.screen.terminal;
    if (message.type === 'restore') terminal?.write(message.data);
    else if (message.type === 'size') this.sized(message);
    else if (message.type === 'ran') this.dispatchEvent(new CustomEvent('slipway:ran', { bubbles: true, detail: message.id }));
    else if (message.type === 'error') this.note(message.message);
    else if (message.type === 'peers') {
      this.peers = message.count;
      this.label();
    } else {
      const skipped = `${volume(message.to - message.from)} of older output were not kept`;
      terminal?.write(`\x1b[0m\r\n\x1b[2m[${skipped}]\x1b[0m\r\n`);
      this.note(`${skipped}.`);
      this.replayEnd = Math.max(this.replayEnd, message.to);
    }
  }

  /** The smallest window decides; what this one has left over is marked. */
  private sized({ cols, rows }: Down & { type: 'size' }): void {
    const own = this.view?.screen.fitting();
    this.smaller = own != null && (cols < own.cols || rows < own.rows);
    this.view?.screen.terminal.resize(cols, rows);
    this.label();
  }

  private show(state: ConnectionState): void {
    if (this.view === null) return;
    this.setAttribute('state', state.name);
    const notice = stateNotice(state);
    if (notice !== null) this.view.parts.say(notice, true);
    this.label();
    this.tellWaiting();
    this.dispatchEvent(new CustomEvent('slipway:state', { bubbles: true, detail: state }));
  }

  private label(): void {
    if (this.view === null) return;
    this.view.parts.state.textContent = stateWords(this.view.connection.state.name, this.peers, this.smaller);
    this.toggleAttribute('smaller', this.peers > 1 && this.smaller);
  }

  /** Says something for a moment; nothing takes away what was said. */
  private note(text: string): void {
    this.view?.parts.say({ text, button: '' }, false);
  }
}

function shellUrl(session: string, shell: string): string {
  const url = new URL(`/ws/sessions/${encodeURIComponent(session)}/shells/${encodeURIComponent(shell)}`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

if (!customElements.get('slipway-terminal')) customElements.define('slipway-terminal', SlipwayTerminal);

declare global {
  interface HTMLElementTagNameMap {
    'slipway-terminal': SlipwayTerminal;
  }
}
