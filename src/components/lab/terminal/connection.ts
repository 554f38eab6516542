import { closeReason, closes } from '#lab/close.ts';
import { readOffset } from '#lab/framing.ts';
import type { Down, Up } from '#lab/wire.ts';
import { commandText, inputMessages } from './messages.ts';

export type ConnectionState =
  | { name: 'connecting' }
  | { name: 'open' }
  /** Lost; tries again by itself. */
  | { name: 'waiting'; why: string }
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
}

export interface ConnectionEvents {
  state(state: ConnectionState): void;
  opened(opened: Opened): void;
  output(bytes: Uint8Array, offset: number): void;
  message(message: Exclude<Down, { type: 'opened' | 'exit' | 'ran' | 'took' }>): void;
}

export interface ConnectionOptions {
  /** The shell's address, without its query. */
  url: string;
  events: ConnectionEvents;
  connect?: (url: string) => WebSocket;
  /** Milliseconds before the n-th try, counted from 0. */
  backOff?: (attempt: number) => number;
}

/** Acknowledged at the latest when this much has been parsed. */
const ackBytes = 32_768;

const defaultBackOff = (attempt: number) => Math.min(10_000, 250 * 2 ** attempt) * (0.75 + Math.random() / 2);

/** One shell's line to the server: comes back after every loss, from the byte it had reached, and types each `run` once. */
export class ShellConnection {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private boot: string | null = null;
  private received = -1;
  private parsed = 0;
  private acked = 0;
  private size: { cols: number; rows: number } | null = null;
  private typed = 0;
  private readonly runs = new Map<string, string>();
  private readonly options: ConnectionOptions;
  private current: ConnectionState = { name: 'connecting' };

  constructor(options: ConnectionOptions) {
    this.options = options;
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** Connects now, whatever was being waited for. A connection that stands is kept. */
  connect(): void {
    if (this.socket !== null) return;
    clearTimeout(this.timer);
    if (this.current.name !== 'waiting') this.become({ name: 'connecting' });
    const from = this.received < 0 ? 'offset=-1' : `offset=${this.received}&boot=${this.boot}`;
    const socket = (this.options.connect ?? ((url) => new WebSocket(url)))(`${this.options.url}?${from}`);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => {
      if (this.size) this.send({ type: 'resize', ...this.size });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') this.hear(JSON.parse(data));
      else this.output(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      this.socket = null;
      this.lost(code);
    };
  }

  /** Ends the connection for good. The shell lives on. */
  close(): void {
    clearTimeout(this.timer);
    if (this.socket === null) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  /** Types `text`. What is typed while there is no connection is dropped, and wakes it. */
  type(text: string): void {
    if (this.current.name === 'open') this.input(text);
    else if (this.current.name === 'waiting') this.connect();
  }

  private input(text: string): void {
    for (const message of inputMessages(text, this.typed)) {
      this.typed = message.seq;
      this.send(message);
    }
  }

  /** Types `text` once for this `id`, as soon as there is a connection, however often it breaks. */
  run(id: string, text: string): void {
    const data = commandText(text);
    this.runs.set(id, data);
    if (this.current.name === 'open') this.send({ type: 'run', id, data });
  }

  resize(cols: number, rows: number): void {
    this.size = { cols, rows };
    this.send({ type: 'resize', cols, rows });
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

  private output(payload: Uint8Array): void {
    const { offset, bytes } = readOffset(payload);
    this.received = offset + bytes.length;
    this.options.events.output(bytes, offset);
  }

  private hear(message: Down): void {
    if (message.type === 'opened') this.open(message);
    else if (message.type === 'ran') this.runs.delete(message.id);
    else if (message.type === 'took') return;
    else if (message.type === 'exit') this.exited(message.code);
    else {
      if (message.type === 'gap') this.received = message.to;
      this.options.events.message(message);
    }
  }

  private open({ boot, from, to, fresh }: Extract<Down, { type: 'opened' }>): void {
    const continues = boot === this.boot && from === this.received;
    this.boot = boot;
    this.received = from;
    this.acked = from;
    this.attempt = 0;
    this.options.events.opened({ from, to, fresh, continues });
    this.become({ name: 'open' });
    for (const [id, data] of this.runs) this.send({ type: 'run', id, data });
  }

  /** The server closes too; not waiting for that, an Enter right now already gets a new shell. */
  private exited(code: number | null): void {
    this.close();
    this.become({ name: 'exited', code });
  }

  private lost(code: number): void {
    const reason = closeReason(code);
    if (reason !== null && !closes[reason].again && reason !== 'left') {
      this.become({ name: 'over', why: closes[reason].words });
      return;
    }
    this.become({ name: 'waiting', why: reason === null ? closes.broken.words : closes[reason].words });
    this.timer = setTimeout(() => this.connect(), (this.options.backOff ?? defaultBackOff)(this.attempt++));
  }

  private become(state: ConnectionState): void {
    this.current = state;
    this.options.events.state(state);
  }
}
