import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout as rest } from 'node:timers/promises';
import Dockerode from 'dockerode';
import { images } from '#cluster/images/index.ts';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { ClusterProvider, LabAccess, LabSpec, StepEvent } from '#cluster/port.ts';
import { oneCluster } from '../test/one-cluster.ts';
import type { BenchOptions } from './bench-lab.ts';
import { journalLines, logSpans, nodeSpans, type Span, traceFile } from './trace-events.ts';

/** As long as a lab that stands ready is left alone before it is woken up for a moment. */
const stillMilliseconds = 20_000;

/**
 * Starts a lab of one node cold, another from its capture, and wakes that one up after it stood still, as a claim does; writes what
 * happened when in a file that Perfetto opens.
 */
export async function trace({ root, signal, say, file }: BenchOptions & { file: string }): Promise<void> {
  const docker = new Dockerode();
  const made = images(docker, { root });
  const imageOf = async (name: string) => (await made.ensure(name, { signal })).ref;
  const provider = kindProvider({ docker, nodeImage: () => imageOf('node'), gatewayImage: () => imageOf('gateway') });
  const { captures } = provider;
  if (!captures) throw new TypeError('this provider captures nothing');
  const instance = `test-trace-${randomBytes(3).toString('hex')}`;
  const toolbox = { image: await imageOf('toolbox'), memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 256 };
  const spec = (lab: string) => oneCluster({ instance, lab: `${instance}-${lab}`, toolbox });
  await Promise.all([imageOf('node'), imageOf('gateway')]);
  const one = async (name: string, lab: LabSpec, start: (report: (event: StepEvent) => void) => Promise<LabAccess>) => {
    const from = Date.now();
    const calls = followCalls(docker);
    const steps = followSteps();
    const access = await start(steps.report);
    const to = Date.now();
    calls.stop();
    const inside = (await insideOf(provider, docker, lab, access, signal)).filter((span) => span.from >= from && span.from <= to);
    const spans = [...steps.spans, ...calls.spans, ...inside];
    say(`${name}: ${to - from} ms`);
    for (const span of spans.filter(({ track }) => !track.startsWith('engine') && !/Container|systemd/.test(track))) {
      const until = span.to === undefined ? '' : ` to ${String(span.to - from).padStart(6)}`;
      say(`  ${String(Math.round(span.from - from)).padStart(6)}${until.split('.')[0]} ms  ${span.track}: ${span.name}`);
    }
    return { access, way: { name, from, spans } };
  };
  try {
    const first = spec('cold');
    const cold = await one('cold', first, (report) => provider.create(first, report, signal));
    await captures.take(first, 'trace', signal);
    const second = spec('restored');
    const restored = await one('restored', second, (report) => captures.restore('trace', second, report, signal));
    await provider.pause(second, signal);
    await rest(stillMilliseconds, undefined, { signal });
    const warm = await one('warm', second, async (report) => {
      await woken(provider, second, restored.access, report, signal);
      return restored.access;
    });
    await writeFile(file, traceFile([warm.way, restored.way, cold.way]));
    say(`${file}: open it at https://ui.perfetto.dev or chrome://tracing`);
  } finally {
    const limit = AbortSignal.timeout(180_000);
    for (const { lab } of await provider.find(instance, limit)) await provider.remove({ instance, lab }, limit);
    await captures.remove(instance, 'trace', limit);
    provider.close?.();
  }
}

/** What a start does with a lab that stands ready. */
async function woken(
  provider: ClusterProvider,
  lab: LabSpec,
  access: LabAccess,
  report: (event: StepEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const options = { pausedFor: stillMilliseconds, report: () => undefined, access };
  const [{ missing }] = await Promise.all([provider.resume(lab, options, signal), provider.condition(lab, signal)]);
  if (missing.length > 0) throw new Error(missing.join(' '));
  report({ id: 'claim', state: 'end', milliseconds: Math.round(performance.now() - began) });
}

function followSteps(): { report: (event: StepEvent) => void; spans: Span[] } {
  const spans: Span[] = [];
  const report = (event: StepEvent) => {
    if (event.state === 'end') spans.push({ track: 'steps', name: event.id, from: Date.now() - event.milliseconds, to: Date.now() });
  };
  return { report, spans };
}

type Dial = (options: { path: string; method: string }, done: (...answer: unknown[]) => void) => void;

/** Every request to the engine, as its client makes it. */
function followCalls(docker: Dockerode): { spans: Span[]; stop: () => void } {
  const spans: Span[] = [];
  const modem = docker.modem as { dial: Dial };
  const dial = modem.dial;
  let running = 0;
  modem.dial = function (this: unknown, options, done) {
    const from = Date.now();
    const track = `engine ${++running}`;
    dial.call(modem, options, (...answer) => {
      running--;
      spans.push({ track, name: `${options.method} ${options.path.replace(/\?.*/, '')}`, from, to: Date.now() });
      done(...answer);
    });
  };
  const stop = () => {
    modem.dial = dial;
  };
  return { spans, stop };
}

/** What the nodes' own records say, from the start of their containers. */
async function insideOf(
  provider: ClusterProvider,
  docker: Dockerode,
  lab: LabSpec,
  access: LabAccess,
  signal: AbortSignal,
): Promise<Span[]> {
  const each = access.nodes.map(async ({ cluster, hostname, container }) => {
    const read = async (script: string) =>
      (await provider.exec(lab, { kind: 'node', cluster, hostname }, ['sh', '-c', script], { signal, maxBytes: 64 * 1024 ** 2 })).stdout;
    const journal = journalLines(await read('journalctl --no-pager --output=json --output-fields=MESSAGE,SYSLOG_IDENTIFIER'));
    const logs = await read("grep -H '' /var/log/pods/kube-system_*/*/0.log");
    const { State } = await docker.getContainer(container).inspect();
    const from = Date.parse(State.StartedAt);
    const boot = { track: `${hostname}: boot`, name: 'entrypoint and systemd', from, to: journal[0]?.at ?? from };
    return [boot, ...nodeSpans(hostname, journal), ...logSpans(hostname, logs)];
  });
  return (await Promise.all(each)).flat();
}
