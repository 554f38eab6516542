import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type CloseReason, closes } from '#lab/close.ts';
import { maxUpBytes } from '#lab/wire.ts';

/** Time that browsers have to answer a close, in milliseconds. */
const closing = 2_000;

/** The WebSockets of all terminals. */
export function terminalSockets() {
  // Compression of many small frames costs memory that it does not earn back.
  const server = new WebSocketServer({ noServer: true, maxPayload: maxUpBytes, perMessageDeflate: false, clientTracking: true });
  return {
    /** Answers the handshake. The socket is paused: nothing is lost before somebody listens. */
    accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
      return new Promise((resolve) =>
        server.handleUpgrade(request, socket, head, (accepted) => {
          accepted.on('error', () => undefined); // a protocol error closes the socket, which is what its owner hears
          accepted.pause();
          resolve(accepted);
        }),
      );
    },

    /** Every socket that is open. */
    all: (): WebSocket[] => [...server.clients],
  };
}

/** Closes these sockets and answers when they are closed; one that does not answer is cut. */
export async function closeSockets(sockets: readonly WebSocket[], reason: CloseReason): Promise<void> {
  const open = sockets.filter((socket) => socket.readyState !== socket.CLOSED);
  const closed = Promise.all(open.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  for (const socket of open) {
    if (socket.isPaused) socket.resume();
    socket.close(closes[reason].code, closes[reason].words);
  }
  const cut = setTimeout(() => {
    for (const socket of open) socket.terminate();
  }, closing);
  await closed;
  clearTimeout(cut);
}
