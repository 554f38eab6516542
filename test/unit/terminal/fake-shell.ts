import { Down, Up } from '#lab/wire.ts';

/** A shell that only remembers what was typed, behind lines that lose what is under way when they are cut. */
export function fakeShell() {
  let boot = '00000000000000aa';
  let fresh = true;
  let typed = '';
  const took = new Map<string, number>();
  const ran = new Set<string>();
  const sockets: FakeSocket[] = [];

  function hear(client: string, message: Up): Down[] {
    if (message.type === 'input') {
      if (message.seq > (took.get(client) ?? 0)) {
        typed += message.data;
        took.set(client, message.seq);
      }
      return [{ type: 'took', seq: message.seq }];
    }
    if (message.type === 'run') {
      if (!ran.has(message.id)) typed += message.data;
      ran.add(message.id);
      return [{ type: 'ran', id: message.id }];
    }
    return message.type === 'resize' ? [{ type: 'size', cols: message.cols, rows: message.rows }] : [];
  }

  /** One connection's line: messages wait on it until it is moved. */
  class FakeSocket {
    readyState = 0;
    binaryType = '';
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: string }) => void) | null = null;
    onclose: ((event: { code: number }) => void) | null = null;
    private up: Up[] = [];
    private down: Down[] = [];
    readonly client: string;

    constructor(url: string) {
      this.client = new URL(url, 'ws://page').searchParams.get('client') ?? '';
      sockets.push(this);
    }

    send(text: string): void {
      this.up.push(Up.parse(JSON.parse(text)));
    }

    close(): void {
      this.readyState = 3;
    }

    open(): void {
      this.readyState = 1;
      this.onopen?.();
      this.deliver([{ type: 'opened', boot, from: 0, to: 0, fresh, took: took.get(this.client) ?? 0 }]);
      fresh = false;
    }

    /** Lets `count` messages through to the shell, and their answers back. */
    move(count = Number.POSITIVE_INFINITY, answers = Number.POSITIVE_INFINITY): void {
      for (const message of this.up.splice(0, count)) this.down.push(...hear(this.client, message));
      this.deliver(this.down.splice(0, answers));
    }

    /** Breaks after `count` messages and `answers` answers; the rest is lost. */
    cut(count: number, answers: number, code = 1006): void {
      this.move(count, answers);
      this.readyState = 3;
      this.onclose?.({ code });
    }

    private deliver(messages: readonly Down[]): void {
      for (const message of messages) this.onmessage?.({ data: JSON.stringify(Down.parse(message)) });
    }
  }

  return {
    connect: (url: string) => new FakeSocket(url) as unknown as WebSocket,
    typed: () => typed,
    sockets,
    line: (): FakeSocket => {
      const last = sockets.at(-1);
      if (last === undefined) throw new Error('nobody has connected');
      return last;
    },
    /** The toolbox starts again: nothing is remembered. */
    restart(): void {
      boot = '00000000000000bb';
      fresh = true;
      typed = '';
      took.clear();
      ran.clear();
    },
  };
}
