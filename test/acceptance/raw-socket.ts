import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Site, until } from './site.ts';
import type { ToolboxLab } from './toolboxes.ts';

/** A WebSocket of which every bit is one's own: the handshake is right, what follows need not be. */
export async function rawSocket(here: Site, lab: ToolboxLab, shell: number) {
  const { host, port } = new URL(here.origin);
  const socket = connect(Number(port), 'localhost');
  socket.on('error', () => undefined); // a server that cuts the line is an answer too
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunks.length > 200) chunks.splice(0, 100);
  });
  await once(socket, 'connect');
  const lines = [
    `GET /ws/sessions/${lab.session}/shells/${shell} HTTP/1.1`,
    `Host: ${host}`,
    `Origin: ${here.origin}`,
    `Cookie: ${lab.cookie}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const heard = () => Buffer.concat(chunks);
  await until(async () => heard().includes('opened') || socket.closed, 'the handshake');
  return {
    socket,
    /** The code of the server's close frame; null when the line was cut without one. This side never answers it. */
    async closed(seconds = 10): Promise<number | null> {
      const code = () => closeCode(heard());
      await until(async () => code() !== null || socket.closed, 'the server to close', seconds);
      socket.destroy();
      return code();
    },
    /** Writes, and waits a moment when the server does not keep up. */
    async floods(bytes: Buffer): Promise<void> {
      if (socket.write(bytes)) return;
      const waited = AbortSignal.timeout(250);
      await once(socket, 'drain', { signal: waited }).catch((error: unknown) => {
        if (!waited.aborted && !socket.destroyed) throw error;
      });
    },
    isOpen: () => !socket.destroyed && socket.readyState === 'open',
  };
}

interface Shape {
  fin?: boolean;
  reserved?: number;
  masked?: boolean;
  /** What the header says instead of the payload's own length. */
  length?: number | bigint;
}

/** A frame of a browser: masked, whole, of the length it says, unless it is to be otherwise. */
export function frame(
  opcode: number,
  payload: Buffer | string = '',
  { fin = true, reserved = 0, masked = true, length }: Shape = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const said = length ?? bytes.length;
  const bit = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  let head: Buffer;
  if (said < 126) head = Buffer.from([first, bit | Number(said)]);
  else if (said < 65_536) {
    head = Buffer.from([first, bit | 126, 0, 0]);
    head.writeUInt16BE(Number(said), 2);
  } else {
    head = Buffer.concat([Buffer.from([first, bit | 127]), Buffer.alloc(8)]);
    head.writeBigUInt64BE(BigInt(said), 2);
  }
  // A mask of zeros leaves the payload readable.
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), bytes]);
}

/** The last close frame in what a server sent after its handshake. */
function closeCode(heard: Buffer): number | null {
  const start = heard.indexOf('\r\n\r\n');
  let code: number | null = null;
  for (let at = start + 4; start >= 0 && at + 2 <= heard.length; ) {
    const opcode = (heard[at] ?? 0) & 0x0f;
    let length = (heard[at + 1] ?? 0) & 0x7f;
    let payload = at + 2;
    if (length === 126) {
      length = heard.readUInt16BE(payload);
      payload += 2;
    } else if (length === 127) {
      length = Number(heard.readBigUInt64BE(payload));
      payload += 8;
    }
    if (opcode === 8 && length >= 2) code = heard.readUInt16BE(payload);
    at = payload + length;
  }
  return code;
}
