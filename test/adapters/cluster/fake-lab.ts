import { kindProvider } from '#cluster/kind/provider.ts';
import type { ClusterProvider, LabSpec } from '#cluster/port.ts';
import { type FakeApiServer, fakeApiServer, readyCluster } from '../../fakes/engine/api-server.ts';
import { client } from '../../fakes/engine/certificates.ts';
import { type Command, type FakeEngine, fakeEngine } from '../../fakes/engine/engine.ts';
import { type MoreOfLab, oneCluster } from '../../one-cluster.ts';

export interface FakeLab {
  engine: FakeEngine;
  api: FakeApiServer;
  provider: ClusterProvider;
  close(): Promise<void>;
}

/** A provider on a fake engine whose node containers answer as nodes do, with a fake API server behind them. */
export async function fakeLab({
  patience = 5_000,
  hostnames = ['control-plane'],
}: {
  patience?: number;
  hostnames?: string[];
} = {}): Promise<FakeLab> {
  const [engine, api] = await Promise.all([fakeEngine(), fakeApiServer(readyCluster(hostnames))]);
  for (const image of ['node:1', 'gateway:1', 'toolbox:1', 'db:1', 'harbour/api:1.0']) engine.images.add(image);
  engine.published = { '6443/tcp': api.port, '7000/tcp': 1 };
  engine.command = nodes();
  const provider = kindProvider({
    docker: engine.docker(),
    nodeImage: async () => 'node:1',
    gatewayImage: async () => 'gateway:1',
    patience,
  });
  return {
    engine,
    api,
    provider,
    async close() {
      await Promise.all([engine.close(), api.close()]);
    },
  };
}

/** What the commands of a start answer in a node. */
export function nodes(): Command {
  const complete = new Set<string>();
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const kubeconfig = [
    `certificate-authority-data: ${base64(client.ca)}`,
    `client-certificate-data: ${base64(client.cert)}`,
    `client-key-data: ${base64(client.key)}`,
  ].join('\n');
  return (container, argv) => {
    const script = argv.at(-1) ?? '';
    if (script.endsWith('cat /kind/slipway/token')) return { stdout: 'v1.35.4\n\nabcdef.0123456789abcdef\n' };
    if (argv[0] === 'touch') complete.add(container);
    if (script.includes('\\036')) {
      const files = ['v1.35.4', kubeconfig, kubeconfig, kubeconfig, kubeconfig];
      return { stdout: `${files.join('\u001e')}\u001e${complete.has(container) ? 'complete' : ''}` };
    }
    return {};
  };
}

export function spec(more: MoreOfLab = {}): LabSpec {
  const toolbox = { image: 'toolbox:1', memoryBytes: 512 * 1024 ** 2, cpus: 0.5, pids: 64 };
  return oneCluster({ instance: 'here', lab: 'l1', toolbox }, more);
}

export const soon = (milliseconds = 30_000): AbortSignal => AbortSignal.timeout(milliseconds);
