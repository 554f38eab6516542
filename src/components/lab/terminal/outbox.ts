import { type Input, inputMessages } from './messages.ts';

/** Characters that may wait for a connection. */
export const mostWaiting = 65_536;

/** What is kept of an outbox while a page is loaded anew. */
interface Kept {
  client: string;
  seq: number;
  boot: string | null;
  input: Input[];
}

/**
 * What was typed and has not been taken by the shell yet, under the name by which the shell knows this terminal. It is
 * sent again after every loss until it is taken; the shell drops what it has had. Kept for the next page by `keep`.
 */
export class Outbox {
  readonly client: string;
  private seq: number;
  private boot: string | null;
  private input: Input[];
  private readonly key: string;
  private readonly storage: Storage | null;

  /** Takes over what the last page kept under `key`, so that no other page does: two under one name would swallow each other's keys. */
  constructor(key = '', storage: Storage | null = null) {
    const kept = storage === null ? null : takeKept(storage, key);
    this.key = key;
    this.storage = storage;
    this.client = kept?.client ?? newName();
    this.seq = kept?.seq ?? 0;
    this.boot = kept?.boot ?? null;
    this.input = kept?.input ?? [];
  }

  /** How many characters wait. */
  get size(): number {
    return this.input.reduce((sum, { data }) => sum + data.length, 0);
  }

  /** Everything not taken yet, oldest first. */
  get waiting(): readonly Input[] {
    return this.input;
  }

  /** Adds what was typed; answers it as messages to send. */
  add(text: string): Input[] {
    const messages = inputMessages(text, this.seq);
    this.seq += messages.length;
    this.input.push(...messages);
    return messages;
  }

  /** The shell has everything up to `seq`. */
  took(seq: number): void {
    this.input = this.input.filter((message) => message.seq > seq);
  }

  /** A shell was reached. Answers how many characters were meant for another one, which has ended: they are dropped. */
  meet(boot: string, fresh: boolean): number {
    const other = this.boot !== null && (fresh || boot !== this.boot);
    this.boot = boot;
    return other ? this.drop() : 0;
  }

  /** Forgets what waits; answers how many characters. */
  drop(): number {
    const { size } = this;
    this.input = [];
    return size;
  }

  /** Keeps all this for the page that follows. */
  keep(): void {
    const kept: Kept = { client: this.client, seq: this.seq, boot: this.boot, input: this.input };
    this.storage?.setItem(this.key, JSON.stringify(kept));
  }

  /** This page goes on after all. */
  unkeep(): void {
    this.storage?.removeItem(this.key);
  }
}

function takeKept(storage: Storage, key: string): Kept | null {
  const text = storage.getItem(key);
  storage.removeItem(key);
  return text === null ? null : (JSON.parse(text) as Kept);
}

function newName(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
