import type { Down } from '#lab/wire.ts';
import { type ConnectionState, type Opened, ShellConnection } from './connection.ts';
import { isReply } from './messages.ts';
import { buildParts, type Parts } from './parts.ts';
import { createScreen, type Screen } from './screen.ts';
import './terminal.css';
import { onThemeChange } from './theme.ts';

const readerKey = 'slipway.terminal.screen-reader';
const noteMilliseconds = 6_000;

/**
 * `<slipway-terminal session="…" shell="1">`: a shell of a lab. Comes back by itself after a reload or a lost
 * connection with the screen it had. Emits `slipway:state`; `run(id, text)` types a command once.
 */
export class SlipwayTerminal extends HTMLElement {
  private view: { parts: Parts; screen: Screen; connection: ShellConnection } | null = null;
  private over = new AbortController();
  private note: ReturnType<typeof setTimeout> | undefined;
  private peers = 1;
  private parsed = 0;
  private replayEnd = 0;

  connectedCallback(): void {
    this.over = new AbortController();
    const { signal } = this.over;
    const parts = buildParts(this);
    const screenReader = this.hasAttribute('screen-reader') || localStorage.getItem(readerKey) === 'on';
    const screen = createScreen({
      host: parts.screen,
      screenReader,
      onData: (data) => this.typed(data),
      onLeave: (backwards) => (backwards ? parts.before : parts.after).focus(),
    });
    screen.terminal.textarea?.setAttribute('aria-describedby', parts.way.id);
    const connection = new ShellConnection({
      url: shellUrl(this.getAttribute('session') ?? '', this.getAttribute('shell') ?? '1'),
      events: {
        state: (state) => this.show(state),
        opened: (opened) => this.opened(opened),
        output: (bytes, offset) => this.write(bytes, offset),
        message: (message) => this.heard(message),
      },
    });
    this.view = { parts, screen, connection };
    this.follow(parts, screen, connection, signal);
    connection.connect();
  }

  disconnectedCallback(): void {
    this.over.abort();
    clearTimeout(this.note);
    this.view?.connection.close();
    this.view?.screen.terminal.dispose();
    this.view = null;
    this.replaceChildren();
  }

  /** Types `text` and Enter, once for each `id`, however often it is asked and the connection breaks. */
  run(id: string, text: string): void {
    this.view?.connection.run(id, text);
    this.focus();
  }

  override focus(): void {
    this.view?.screen.terminal.focus();
  }

  private follow(parts: Parts, screen: Screen, connection: ShellConnection, signal: AbortSignal): void {
    const fit = () => {
      const size = screen.fitting();
      if (size === null) return;
      screen.terminal.resize(size.cols, size.rows);
      connection.resize(size.cols, size.rows);
    };
    const observer = new ResizeObserver(fit);
    observer.observe(parts.screen);
    signal.addEventListener('abort', () => observer.disconnect());
    onThemeChange(screen.repaint, signal);
    const wake = () => {
      if (connection.state.name === 'waiting' && !document.hidden) connection.connect();
    };
    addEventListener('online', wake, { signal });
    document.addEventListener('visibilitychange', wake, { signal });
    parts.bannerButton.addEventListener('click', () => {
      connection.connect();
      this.focus();
    });
    parts.after.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.focus();
    });
    const reader = parts.reader;
    reader.setAttribute('aria-pressed', String(screen.terminal.options.screenReaderMode));
    reader.addEventListener('click', () => {
      const on = !screen.terminal.options.screenReaderMode;
      screen.terminal.options.screenReaderMode = on;
      reader.setAttribute('aria-pressed', String(on));
      localStorage.setItem(readerKey, on ? 'on' : 'off');
    });
  }

  private typed(data: string): void {
    const connection = this.view?.connection;
    const replaying = this.parsed < this.replayEnd;
    const elsewhere = this.peers > 1 && !this.contains(document.activeElement);
    if ((replaying || elsewhere) && isReply(data)) return;
    if (connection?.state.name === 'exited' && data === '\r') connection.connect();
    else connection?.type(data);
  }

  /** A chunk that ends the replay is parsed in two, so that queries in the live part are answered. */
  private write(bytes: Uint8Array, offset: number): void {
    const terminal = this.view?.screen.terminal;
    const live = Math.min(bytes.length, Math.max(0, this.replayEnd - offset));
    for (const [start, end] of live > 0 && live < bytes.length
      ? [[0, live] as const, [live, bytes.length] as const]
      : [[0, bytes.length] as const]) {
      terminal?.write(bytes.subarray(start, end), () => {
        this.parsed = offset + end;
        this.view?.connection.acknowledge(this.parsed);
      });
    }
  }

  private opened({ from, to, fresh, continues }: Opened): void {
    if (!continues) this.view?.screen.terminal.reset();
    this.parsed = continues ? this.parsed : from;
    this.replayEnd = to;
    if (fresh && from > 0) this.say('A new shell was started.');
    else if (!fresh && continues) this.say('');
  }

  private heard(message: Extract<Down, { type: 'gap' | 'restore' | 'size' | 'peers' | 'error' }>): void {
    const terminal = this.view?.screen.terminal;
    if (message.type === 'restore') terminal?.write(message.data);
    else if (message.type === 'size') terminal?.resize(message.cols, message.rows);
    else if (message.type === 'peers') {
      this.peers = message.count;
      this.label();
    } else if (message.type === 'error') this.say(message.message);
    else {
      terminal?.write(`\x1b[0m\r\n\x1b[2m[${volume(message.to - message.from)} of older output were not kept]\x1b[0m\r\n`);
      this.replayEnd = Math.max(this.replayEnd, message.to);
    }
  }

  private show(state: ConnectionState): void {
    if (this.getAttribute('state') === 'waiting' && state.name === 'open') this.say('');
    this.setAttribute('state', state.name);
    this.label();
    if (state.name === 'waiting') this.say(`${state.why} Trying again; what you type is not sent.`, 'Try now');
    if (state.name === 'over') this.say(state.why, 'Try again');
    if (state.name === 'exited')
      this.say(`The shell has ended${state.code ? ` (code ${state.code})` : ''}. Press Enter for a new shell.`, 'New shell');
    this.dispatchEvent(new CustomEvent('slipway:state', { bubbles: true, detail: state }));
  }

  private label(): void {
    if (!this.view) return;
    const words = { connecting: 'Connecting…', open: 'Connected', waiting: 'Reconnecting…', exited: 'Shell ended', over: 'Disconnected' };
    const also = this.peers > 1 ? `, open in ${this.peers} windows` : '';
    this.view.parts.state.textContent = words[this.view.connection.state.name] + also;
  }

  /** Shows `text` over the screen: until something else is said when it offers a button, for a moment when not. */
  private say(text: string, button = ''): void {
    if (!this.view) return;
    const { banner, bannerText, bannerButton } = this.view.parts;
    clearTimeout(this.note);
    banner.hidden = text === '';
    bannerText.textContent = text;
    bannerButton.hidden = button === '';
    bannerButton.textContent = button;
    if (text !== '' && button === '') this.note = setTimeout(() => this.say(''), noteMilliseconds);
  }
}

function shellUrl(session: string, shell: string): string {
  const url = new URL(`/ws/sessions/${encodeURIComponent(session)}/shells/${encodeURIComponent(shell)}`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

function volume(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

if (!customElements.get('slipway-terminal')) customElements.define('slipway-terminal', SlipwayTerminal);

declare global {
  interface HTMLElementTagNameMap {
    'slipway-terminal': SlipwayTerminal;
  }
}
