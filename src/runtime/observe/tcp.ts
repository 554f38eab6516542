import type { Probe, ProbeResults } from '#cluster/port.ts';
import type { Request } from '#grading/observation.ts';
import type { Look } from './eyes.ts';
import { longestProbe } from './limits.ts';
import { probeEach, probeFrom } from './pods.ts';

type Asked = Extract<Request, { kind: 'tcp.connect' | 'tcp.connectEach' }>;
type TcpProbe = Extract<Probe, { op: 'tcp' }>;
const largest = 64 * 1024;

export const tcpConnect: Look<'tcp.connect'> = async (request, eyes, signal) => {
  const seen = await probeFrom(eyes, request.cluster, request.from, exchange(request, request.host), signal);
  return seen && answerOf(seen);
};

export const tcpConnectEach: Look<'tcp.connectEach'> = (request, eyes, signal) =>
  probeEach<TcpProbe, ReturnType<typeof answerOf>>(
    eyes,
    request.cluster,
    request.pods,
    ({ status }) => exchange(request, status.podIP ?? ''),
    answerOf,
    signal,
  );

const exchange = ({ port, send, read, until, timeout }: Asked, host: string): TcpProbe => ({
  op: 'tcp',
  host,
  port,
  send,
  read: Math.max(0, Math.min(read, largest)),
  until,
  timeout: Math.min(timeout, longestProbe),
});

const answerOf = ({ problem, received }: ProbeResults['tcp']) => ({ problem, received: Buffer.from(received).toString() });
