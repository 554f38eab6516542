import { closeReason, closes } from '#lab/close.ts';
import { readOffset } from '#lab/framing.ts';
import type { Down, Up } from '#lab/wire.ts';
import { commandText, type Input } from './messages.ts';
import { mostWaiting, Outbox } from './outbox.ts';

export type ConnectionState =
  | { name: 'connecting' }
  | { name: 'open' }
  /** Lost; tries again by itself. */
  | { name: 'waiting'; why: string }
  /** The lab is paused; goes on when `connect` is called. */
  | { name: 'paused'; why: string }
  /** The shell has ended; another is started when asked. */
  | { name: 'exited'; code: number | null }
  /** Over: trying again would not help. */
  | { name: 'over'; why: string };

export interface Opened {
  from: number;
  /** Output before this offset is a replay. */
  to: number;
  fresh: boolean;
  /** What was shown before goes on; otherwise the screen begins anew. */
  continues: boolean;
  /** Characters that waited for a shell which has ended, and were not typed into this one. */
  dropped: number;
}

export interface ConnectionEvents {
  state(state: ConnectionState): void;
  opened(opened: Opened): void;
  output(bytes: Uint8Array, offset: number): void;
  message(message: Exclude<Down, { type: 'opened' | 'exit' | 'took' }>): void;
}

export interface ConnectionOptions {
  /** The shell's address, without its query. */
  url: string;
  events: ConnectionEvents;
  outbox?: Outbox;
  connect?: (url: string) => WebSocket;
  /** Milliseconds before the n-th try, counted from 0. */
  backOff?: (attempt: number) => number;
  /** Milliseconds after which a line that should have answered is given up: a handshake, something typed, a probe. */
  patience?: number;
}

/** Acknowledged at the latest when this much has been parsed. */
const ackBytes = 32_768;
/** The toolbox may need this long for an attach once the server has answered, in milliseconds. */
const attachMilliseconds = 20_000;

const defaultBackOff = (attempt: number) => Math.min(10_000, 250 * 2 ** attempt) * (0.75 + Math.random() / 2);

/**
 * One shell's line to the server. Comes back after every loss, from the byte it had reached; what is typed meanwhile is
 * kept, and typed once; each `run` is typed once. A line that does not answer what it is sent counts as lost.
 */
export class ShellConnection {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private boot: string | null = null;
  private received = -1;
  private parsed = 0;
  private acked = 0;
  private size: { cols: number; rows: number } | null = null;
  private ending = false;
  private readonly outbox: Outbox;
  /** By id; `sent` names the supervisor that may have typed it. */
  private readonly runs = new Map<string, { data: string; sent: string | null }>();
  private readonly options: ConnectionOptions;
  private readonly patience: number;
  private current: ConnectionState = { name: 'connecting' };

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.outbox = options.outbox ?? new Outbox();
    this.patience = options.patience ?? 8_000;
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** How many typed characters wait for a connection. */
  get waiting(): number {
    return this.current.name === 'open' ? 0 : this.outbox.size;
  }

  /** Connects now, whatever was being waited for. A connection that stands is kept. */
  connect(): void {
    if (this.socket !== null) return;
    clearTimeout(this.timer);
    if (this.current.name !== 'waiting') this.become({ name: 'connecting' });
    const from = this.received < 0 ? 'offset=-1' : `offset=${this.received}&boot=${this.boot}`;
    const url = `${this.options.url}?${from}&client=${this.outbox.client}`;
    const socket = (this.options.connect ?? ((address) => new WebSocket(address)))(url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.expectAnswer(this.patience);
    socket.onopen = () => {
      this.answered();
      this.expectAnswer(attachMilliseconds);
      if (this.size) this.send({ type: 'resize', ...this.size });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      this.answered();
      if (typeof data === 'string') this.hear(JSON.parse(data));
      else this.output(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      this.answered();
      this.socket = null;
      this.lost(code);
    };
  }

  /** Connects now, even if a try is under way: it may be waiting for an answer that never comes. */
  retry(): void {
    if (this.current.name !== 'open') this.close();
    this.connect();
  }

  /** Ends the connection for good. The shell lives on. */
  close(): void {
    clearTimeout(this.timer);
    this.answered();
    if (this.socket === null) return;
    this.socket.onopen = null;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  /** Hangs the shell up, as soon as there is a connection. */
  end(): void {
    this.ending = true;
    if (this.current.name === 'open') this.send({ type: 'end' });
    else this.connect();
  }

  /** Types `text`: at once, or when the connection is back. False when it is too much to keep, or there is nothing to type into. */
  type(text: string): boolean {
    const { name } = this.current;
    if (name === 'exited' || name === 'over' || name === 'paused') return false;
    if (name !== 'open' && this.outbox.size + text.length > mostWaiting) return false;
    const messages = this.outbox.add(text);
    if (name === 'open') this.sendInput(messages);
    else if (name === 'waiting') {
      // Somebody sits there: the next tries follow soon again, however many keys have failed to connect.
      this.attempt = 0;
      this.connect();
    }
    return true;
  }

  /** Types `text` once for this `id`, as soon as there is a connection, however often it breaks. */
  run(id: string, text: string): void {
    this.runs.set(id, { data: commandText(text), sent: null });
    if (this.current.name === 'open') this.sendRuns();
    else if (this.current.name === 'waiting') this.connect();
  }

  resize(cols: number, rows: number): void {
    this.size = { cols, rows };
    this.send({ type: 'resize', cols, rows });
  }

  /** Asks for a sign of life, and takes the line for lost when none comes: after a sleep it may be dead without knowing. */
  probe(): void {
    if (this.current.name !== 'open' || this.size === null) return;
    this.send({ type: 'resize', ...this.size });
    this.expectAnswer(this.patience);
  }

  /** Everything before `offset` has been parsed: acknowledged when it is much, or nothing more is waiting. */
  acknowledge(offset: number): void {
    this.parsed = offset;
    if (this.parsed - this.acked < ackBytes && this.parsed < this.received) return;
    this.acked = this.parsed;
    this.send({ type: 'ack', offset: this.parsed });
  }

  private send(message: Up): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  private sendInput(messages: readonly Input[]): void {
    for (const message of messages) this.send(message);
    if (messages.length > 0) this.expectAnswer(this.patience);
  }

  /** A command that another supervisor may have typed is not typed again by this one, which could not tell. */
  private sendRuns(): void {
    for (const [id, run] of this.runs) {
      if (run.sent !== null && run.sent !== this.boot) {
        this.runs.delete(id);
        this.options.events.message({ type: 'ran', id });
      } else {
        this.send({ type: 'run', id, data: run.data });
        run.sent = this.boot;
      }
    }
  }

  private output(payload: Uint8Array): void {
    const { offset, bytes } = readOffset(payload);
    this.received = offset + bytes.length;
    this.options.events.output(bytes, offset);
  }

  private hear(message: Down): void {
    if (message.type === 'opened') this.open(message);
    else if (message.type === 'took') this.outbox.took(message.seq);
    else if (message.type === 'exit') this.exited(message.code);
    else {
      if (message.type === 'ran') this.runs.delete(message.id);
      if (message.type === 'gap') this.received = message.to;
      this.options.events.message(message);
    }
  }

  private open({ boot, from, to, fresh, took }: Extract<Down, { type: 'opened' }>): void {
    const continues = boot === this.boot && from === this.received;
    this.boot = boot;
    this.received = from;
    this.acked = from;
    this.attempt = 0;
    this.outbox.took(took);
    const dropped = this.outbox.meet(boot, fresh);
    this.options.events.opened({ from, to, fresh, continues, dropped });
    this.become({ name: 'open' });
    this.sendInput(this.outbox.waiting);
    this.sendRuns();
    if (this.ending) this.send({ type: 'end' });
  }

  /** The server closes too; not waiting for that, an Enter right now already gets a new shell. */
  private exited(code: number | null): void {
    this.close();
    this.outbox.drop();
    this.become({ name: 'exited', code });
  }

  private lost(code: number): void {
    const reason = closeReason(code);
    if (reason === 'paused') {
      this.become({ name: 'paused', why: closes.paused.words });
      return;
    }
    if (reason !== null && !closes[reason].again && reason !== 'left') {
      this.become({ name: 'over', why: closes[reason].words });
      return;
    }
    this.become({ name: 'waiting', why: reason === null ? closes.broken.words : closes[reason].words });
    this.timer = setTimeout(() => this.connect(), (this.options.backOff ?? defaultBackOff)(this.attempt++));
  }

  /** Anything heard within this time will do, counted from the first thing that has no answer yet. */
  private expectAnswer(milliseconds: number): void {
    this.watch ??= setTimeout(() => {
      this.close();
      this.lost(closes.silent.code);
    }, milliseconds);
  }

  private answered(): void {
    clearTimeout(this.watch);
    this.watch = undefined;
  }

  private become(state: ConnectionState): void {
    this.current = state;
    this.options.events.state(state);
  }
}
