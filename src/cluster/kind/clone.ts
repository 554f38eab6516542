import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { captureLabels, makeVolume, type Taken } from './capture-store.ts';
import { ensureCreated, nodeBody, startContainer } from './containers.ts';
import type { Engine } from './engine.ts';
import { captureVolume, labelsOf, nodeVolume } from './names.ts';
import type { NodeFile, PlacedNode } from './pki.ts';
import type { Start } from './start.ts';
import { together } from './together.ts';

export interface Clones {
  taken: Taken;
  image: string;
  nodes: readonly PlacedNode[];
  /** What only this lab's nodes have, by host name. */
  files: ReadonlyMap<string, readonly NodeFile[]>;
}

/** Makes nodes out of captured ones and starts them: secrets, names and addresses are new. */
export async function cloneNodes({ engine, spec, traits, nodeEnv }: Start, clones: Clones, signal: AbortSignal): Promise<void> {
  const { taken, image, nodes, files } = clones;
  const entrypoint = await entrypointOf(engine, image, signal);
  await together(signal, nodes, async (node, stop) => {
    await makeVolume(engine, nodeVolume(node), labelsOf(spec, 'var'), stop);
    const begun = {
      address: node.address,
      volume: nodeVolume(node),
      capture: {
        volume: captureVolume(taken.instance, taken.key, taken.taking, node.hostname),
        labels: captureLabels(taken, node.hostname),
        at: captured,
      },
      entrypoint: adopting(node, entrypoint),
    };
    await ensureCreated(engine, spec, nodeBody(spec, node, image, traits, nodeEnv, begun), stop);
    await putFiles(engine, node.container, files.get(node.hostname) ?? [], stop);
    await startContainer(engine, node.container, stop);
  });
}

async function entrypointOf(engine: Engine, image: string, signal: AbortSignal): Promise<readonly string[]> {
  const { Config } = await engine.call(`inspect ${image}`, signal, () => engine.docker.getImage(image).inspect());
  const { Entrypoint: entrypoint } = Config;
  return typeof entrypoint === 'string' ? [entrypoint] : (entrypoint ?? ['/sbin/init']);
}

/** Where a node sees the capture it was made from, read-only. */
export const captured = '/slipway-capture';

/**
 * At a node's first start its `/var` is filled from the capture, before the image's own entrypoint: what nothing writes to again is
 * linked, the rest copied; the captured lab's names and addresses become this one's.
 */
function adopting(node: PlacedNode, entrypoint: readonly string[]): string[] {
  const script = `address=$1 name=$2; shift 2
if [ ! -e /var/.slipway-adopted ]; then
  [ -e ${captured}/own/slipway/was ] || { echo 'the capture of this node is gone'; exit 1; }
  cd /var
  cp -a ${captured}/own/. .
  for place in io.containerd.content.v1.content/blobs/sha256 io.containerd.snapshotter.v1.overlayfs/snapshots; do
    mkdir -p lib/containerd/$place
    ln -sfn ${captured}/shared/\${place#*/}/* lib/containerd/$place
  done
  . slipway/was
  old=$(echo "$was_address" | sed 's/\\./\\\\./g')
  sed -i -e "s/\\b$old\\b/$address/g" -e "s/\\b$was_name\\b/$name/g" $(ls slipway/root/etc/kubernetes/manifests/*.yaml slipway/root/kind/kubeadm.conf \\
    slipway/root/kind/old-ipv4 lib/kubelet/kubeadm-flags.env lib/kubelet/instance-config.yaml 2>/dev/null)
  cp -a slipway/root/. / && rm -rf slipway && : > .slipway-adopted
  cd /
fi
exec "$@"`;
  return ['/bin/sh', '-c', script, 'slipway', node.address, node.kindCluster, ...entrypoint];
}

/** Writes files into a container, whether it runs or not. */
export async function putFiles(engine: Engine, container: string, files: readonly NodeFile[], signal: AbortSignal): Promise<void> {
  const archive = tarOf(files);
  await engine.call(`give ${container} its files`, signal, (abortSignal) =>
    engine.docker.getContainer(container).putArchive(archive, { path: '/', abortSignal } as { path: string }),
  );
}

function tarOf(files: readonly NodeFile[]): Readable {
  const tar = pack();
  for (const { path, content, mode, link } of files) {
    const header = { name: path.slice(1), mode, uid: 0, gid: 0 };
    if (link === undefined) tar.entry(header, content);
    else tar.entry({ ...header, type: 'symlink', linkname: link });
  }
  tar.finalize();
  return Readable.from(tar);
}
