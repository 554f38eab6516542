import type { Readable } from 'node:stream';
import { ClusterError } from '../port.ts';
import type { Engine } from './engine.ts';
import { must, run } from './exec.ts';
import { engineStatus } from './failures.ts';
import type { NodeName } from './names.ts';

/** Puts images of the engine into every node's containerd, as `kind load docker-image` does; what a node has is skipped. */
export async function loadImages(
  engine: Engine,
  nodes: readonly NodeName[],
  images: readonly string[],
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await together(signal, nodes, (node, stop) => loadInto(engine, node, images, detail, stop));
}

async function loadInto(
  engine: Engine,
  node: NodeName,
  images: readonly string[],
  detail: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const present = await run(engine, node.container, ['ctr', '-n', 'k8s.io', 'images', 'ls', '-q'], { signal, privileged: true });
  const has = new Set(present.stdout.split('\n'));
  for (const image of images) {
    if (has.has(fullName(image))) continue;
    detail(`${image} → ${node.hostname}`);
    const tar = await save(engine, image, signal);
    try {
      await must(engine, node.container, ['sh', '-c', importScript], {
        signal,
        privileged: true,
        stdin: tar,
        shown: ['ctr', '-n', 'k8s.io', 'images', 'import', '-'],
      });
    } finally {
      tar.destroy();
    }
  }
}

// Without --all-platforms: an engine with the containerd image store saves an index of platforms it does not hold.
const importScript = `s=$(containerd config dump | sed -n "s/^ *snapshotter = [\\"']\\([a-z-][a-z-]*\\)[\\"'].*/\\1/p" | head -n 1)
exec ctr --namespace=k8s.io images import --digests --snapshotter="\${s:-overlayfs}" -`;

import { together } from './together.ts';

async function save(engine: Engine, image: string, signal: AbortSignal): Promise<Readable> {
  try {
    return (await engine.call(`save ${image}`, signal, () => engine.docker.getImage(image).get())) as Readable;
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
    throw new ClusterError('no-image', `The image ${image}, which this lab needs, is not in the engine.`, {
      command: `docker image inspect ${image}`,
      advice: `Make it: \`./slipway images build ${image}\`.`,
      cause: error,
    });
  }
}

/** The name containerd keeps an image under: with registry and, for official images, `library/`. */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (hasRegistry) return image;
  return rest.length === 0 ? `docker.io/library/${image}` : `docker.io/${image}`;
}
