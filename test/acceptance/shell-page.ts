import { setTimeout as pause } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import xterm from '@xterm/headless';
import { WebSocket } from 'ws';
import { ShellConnection } from '#components/lab/terminal/connection.ts';
import type { Road } from '../fakes/proxy/proxy.ts';
import { type Site, until } from './site.ts';
import type { ToolboxLab } from './toolboxes.ts';

/** What a person sees: each line with its colours, the cursor, and which of the two screens it is. */
export interface Seen {
  lines: string[];
  cursor: { x: number; y: number };
  alternate: boolean;
}

/** A page's terminal without its window: the connection that pages use, and an xterm that parses what comes. */
export async function shellPage(here: Site, lab: Pick<ToolboxLab, 'session' | 'cookie'>, shell: number, road: Road | null) {
  const terminal = new xterm.Terminal({ cols: 80, rows: 24, scrollback: 10_000, allowProposedApi: true });
  const gaps: { from: number; to: number }[] = [];
  const awaited = new Set<string>();
  const chunks: Buffer[] = [];
  let received = 0;
  let socket: WebSocket | undefined;
  const connection = new ShellConnection({
    url: `/ws/sessions/${lab.session}/shells/${shell}`,
    backOff: () => 20,
    patience: 1500,
    connect(path) {
      const origin = new URL(here.origin);
      const port = road?.port ?? Number(origin.port);
      const headers = { cookie: lab.cookie, host: origin.host };
      socket = new WebSocket(`ws://localhost:${port}${path}`, { origin: here.origin, headers, perMessageDeflate: false });
      socket.on('error', () => undefined); // its close is what the connection listens for
      socket.on('message', (data: Buffer, isBinary) => {
        const message = isBinary ? null : (JSON.parse(data.toString()) as { type: string; id?: string });
        if (message?.type === 'ran' && message.id) awaited.delete(message.id);
      });
      return socket as unknown as globalThis.WebSocket;
    },
    events: {
      state: () => undefined,
      opened({ continues }) {
        if (continues) return;
        terminal.reset();
        chunks.length = 0;
      },
      output(bytes, offset) {
        received += bytes.length;
        chunks.push(Buffer.from(bytes));
        terminal.write(bytes, () => connection.acknowledge(offset + bytes.length));
      },
      message(message) {
        if (message.type === 'gap') gaps.push({ from: message.from, to: message.to });
        if (message.type === 'restore') terminal.write(message.data);
        if (message.type === 'size') terminal.resize(message.cols, message.rows);
      },
    },
  });
  const text = () => Buffer.concat(chunks).toString();
  const isOpen = () => connection.state.name === 'open';
  const open = () => until(async () => isOpen(), `shell ${shell} to open`);
  connection.resize(80, 24);
  connection.connect();
  await open();

  const shows = async (what: string | RegExp, milliseconds = 20_000) => {
    const plain = () => (typeof what === 'string' ? text().includes(what) : what.test(stripVTControlCharacters(text())));
    await until(async () => plain(), `“${what}” in shell ${shell}; it ends ${JSON.stringify(text().slice(-300))}`, milliseconds / 1000);
  };
  return {
    open,
    lost: () => until(async () => !isOpen(), `shell ${shell} to be lost`),
    state: () => connection.state.name,
    shows,
    text,
    received: () => received,
    gaps: () => gaps,
    awaited: () => awaited.size,
    rests: (milliseconds: number) => pause(milliseconds),
    type: (data: string) => connection.type(data),
    resize: (cols: number, rows: number) => connection.resize(cols, rows),
    stall: () => socket?.pause(),
    unstall: () => socket?.resume(),
    /** Forgets what came so far; the screen keeps it. */
    clear: () => void chunks.splice(0),
    run(id: string, line: string) {
      awaited.add(id);
      connection.run(id, line);
    },
    /** Types a command; answers what it said when the prompt is there again. */
    async command(line: string, milliseconds?: number): Promise<string> {
      await shows(/\$ $/, milliseconds);
      chunks.splice(0);
      connection.type(`${line}; echo done-$((0))\r`);
      await shows(/done-0\r?\n[\s\S]*\$ $/, milliseconds);
      return stripVTControlCharacters(text());
    },
    /** The screen once all that came is parsed, and nothing more comes for a moment. */
    async screen(): Promise<Seen> {
      for (let before = -1; before !== received; await pause(300)) before = received;
      await new Promise<void>((resolve) => terminal.write('', resolve));
      const { active } = terminal.buffer;
      const lines = Array.from({ length: active.length }, (_, y) => lineOf(active, y));
      return { lines, cursor: { x: active.cursorX, y: active.cursorY }, alternate: active.type === 'alternate' };
    },
    async leave() {
      connection.close();
      if (socket && socket.readyState !== WebSocket.CLOSED)
        await until(async () => socket?.readyState === WebSocket.CLOSED, 'the socket to close');
    },
  };
}
export type ShellPage = Awaited<ReturnType<typeof shellPage>>;

/** A line as text with its looks: `[31;1]` wherever the colour or weight changes. */
function lineOf(buffer: xterm.IBuffer, y: number): string {
  const line = buffer.getLine(y);
  let looks = '';
  let text = '';
  for (let x = 0; line && x < line.length; x += 1) {
    const cell = line.getCell(x);
    if (!cell) break;
    const now = [
      cell.getFgColorMode(),
      cell.getFgColor(),
      cell.getBgColorMode(),
      cell.getBgColor(),
      cell.isBold(),
      cell.isUnderline(),
      cell.isInverse(),
    ].join();
    if (now !== looks) text += `[${now}]`;
    looks = now;
    text += cell.getChars() || ' ';
  }
  return text.trimEnd();
}
