import type { Duplex } from 'node:stream';
import { ClusterError, type LabSpec } from '../port.ts';
import { type EngineTraits, ensureRunning, nodeBody } from './containers.ts';
import { type Engine, throwIfAborted } from './engine.ts';
import { must } from './exec.ts';
import { adviceFor, tail } from './failures.ts';
import { type NodeName, networkName } from './names.ts';

const bootLimit = 90_000;

/** Makes one node container and waits until systemd and containerd run in it. */
export async function bootNode(
  engine: Engine,
  spec: LabSpec,
  node: NodeName,
  image: string,
  traits: EngineTraits,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  await ensureRunning(engine, spec, nodeBody(spec, node, image, traits, env), signal);
  await bootLine(engine, node.container, signal);
  const waitForContainerd = 'until [ -S /run/containerd/containerd.sock ] && ctr version >/dev/null 2>&1; do sleep 0.1; done';
  await inNode(engine, node, ['timeout', '60', 'sh', '-c', waitForContainerd], signal);
}

/**
 * Follows the console until the node may be entered. Under cgroup v2 a command that comes before this line would sit
 * in the root control group, and the kubelet's would then refuse to start.
 */
async function bootLine(engine: Engine, container: string, signal: AbortSignal): Promise<void> {
  const what = `follow the console of ${container}`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(bootLimit)]);
  const console = await engine.call(what, limit, (abortSignal) =>
    engine.docker.getContainer(container).logs({ follow: true, stdout: true, stderr: true, abortSignal }),
  );
  // A terminal's log comes without framing.
  let seen = '';
  const stop = () => void (console as Duplex).destroy();
  limit.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of console as AsyncIterable<Buffer>) {
      seen = (seen + chunk.toString()).slice(-64 * 1024);
      if (/Reached target .*Multi-User System|detected cgroup v1/.test(seen)) return;
    }
  } catch (error) {
    if (!limit.aborted) throw error;
  } finally {
    limit.removeEventListener('abort', stop);
    stop();
  }
  throwIfAborted(signal, what);
  const state = await engine.call(`inspect ${container}`, signal, (abortSignal) =>
    engine.docker.getContainer(container).inspect({ abortSignal }),
  );
  const why = state.State.Running
    ? `did not finish booting within ${bootLimit / 1000} s`
    : `stopped while booting (exit code ${state.State.ExitCode})`;
  throw new ClusterError('step-failed', `The node ${container} ${why}.`, {
    command: `docker logs ${container}`,
    output: tail(seen),
    advice: adviceFor(seen)?.advice ?? 'Most often the host allows too few inotify instances; `./slipway doctor` looks.',
  });
}

/** A command in a node that must succeed. Answers stdout. */
export async function inNode(
  engine: Engine,
  node: NodeName,
  argv: readonly string[],
  signal: AbortSignal,
  options: { stdin?: string; shown?: readonly string[] } = {},
): Promise<string> {
  return await must(engine, node.container, argv, { signal, privileged: true, ...options });
}

/** The node's IPv4 address on the lab's network. */
export async function addressOf(engine: Engine, lab: string, node: NodeName, signal: AbortSignal): Promise<string> {
  const state = await engine.call(`inspect ${node.container}`, signal, (abortSignal) =>
    engine.docker.getContainer(node.container).inspect({ abortSignal }),
  );
  const address = state.NetworkSettings.Networks[networkName(lab)]?.IPAddress;
  if (address) return address;
  throw new ClusterError('gone', `The node ${node.container} has no address on the lab's network.`, {
    command: `docker inspect ${node.container}`,
    advice: 'The container has stopped. `docker logs` tells why.',
  });
}
