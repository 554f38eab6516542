import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';

export const tcpConnect: Look<'tcp.connect'> = async () => {
  throw new Blind('tcp.connect is not built yet');
};
export const tcpConnectEach: Look<'tcp.connectEach'> = async () => {
  throw new Blind('tcp.connectEach is not built yet');
};
