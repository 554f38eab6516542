import { readFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { readOffset } from '#lab/framing.ts';
import type { Site } from '../../test/acceptance/site.ts';
import type { ToolboxLab } from '../../test/acceptance/toolboxes.ts';
import { type Carrier, opened, overSocket, type Terminal } from './terminal.ts';

/** Opens a shell as a lesson's page does: cookie, Origin, WebSocket, and an acknowledgement of all that is read. */
export async function openOurs(origin: string, lab: Pick<ToolboxLab, 'session' | 'cookie'>, shell: number): Promise<Terminal> {
  const address = `${origin.replace('http', 'ws')}/ws/sessions/${lab.session}/shells/${shell}`;
  const socket = new WebSocket(address, { headers: { cookie: lab.cookie }, origin, perMessageDeflate: false });
  let acked = 0;
  let received = 0;
  let seq = 0;
  const acknowledge = () => {
    if (acked === received || socket.readyState !== socket.OPEN) return;
    acked = received;
    socket.send(JSON.stringify({ type: 'ack', offset: received }));
  };
  const terminal = overSocket(
    socket,
    (data) => JSON.stringify({ type: 'input', data, seq: ++seq }),
    (data, isBinary) => {
      if (!isBinary) return null;
      const { offset, bytes } = readOffset(data);
      const next = offset + bytes.length;
      // As the page does: by 32 KiB, and in any case when nothing more is waiting.
      received = next;
      if (next - acked >= 32_768) acknowledge();
      else setImmediate(() => received === next && acknowledge());
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    },
  );
  await opened(socket);
  return terminal;
}

export function ours(here: Site, labs: readonly ToolboxLab[]): Carrier {
  return {
    name: 'slipway',
    async open(toolbox, shell) {
      const lab = labs[toolbox];
      if (lab === undefined) throw new Error(`there is no toolbox ${toolbox}`);
      return await openOurs(here.origin, lab, shell);
    },
    memoryMiB: () => residentMiB(here.pid()),
    close: () => here.kill('SIGTERM'),
  };
}

/** What a process holds in memory, in MiB. */
export function residentMiB(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
