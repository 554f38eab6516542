import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { LabSpec } from '../port.ts';
import { makeVolume } from './capture-store.ts';
import { ensureCreated, nodeBody, startContainer } from './containers.ts';
import type { Engine } from './engine.ts';
import { runHelper } from './helper.ts';
import { captureVolume, labelsOf, nodeNames, nodeVolume } from './names.ts';
import type { NodeFile, PlacedNode } from './pki.ts';
import { kept } from './quiesce.ts';
import type { Start } from './start.ts';
import { together } from './together.ts';

export interface Clones {
  image: string;
  nodes: readonly PlacedNode[];
  /** Their volumes are made, and being filled until this settles. */
  filled: Promise<void>;
  /** What only this lab's nodes have, by host name. */
  files: ReadonlyMap<string, readonly NodeFile[]>;
}

/** Makes containers for captured nodes and starts them when their volumes are filled: secrets, names and addresses are new. */
export async function cloneNodes({ engine, spec, traits, nodeEnv }: Start, clones: Clones, signal: AbortSignal): Promise<void> {
  const { image, nodes, filled, files } = clones;
  const entrypoint = await entrypointOf(engine, image, signal);
  await together(signal, nodes, async (node, stop) => {
    await makeVolume(engine, nodeVolume(node), labelsOf(spec, 'var'), stop);
    const begun = { address: node.address, volume: nodeVolume(node), entrypoint: adopting(node, entrypoint) };
    await ensureCreated(engine, spec, nodeBody(spec, node, image, traits, nodeEnv, begun), stop);
    const archive = tarOf(files.get(node.hostname) ?? []);
    await engine.call(`give ${node.container} its keys`, stop, (abortSignal) =>
      engine.docker.getContainer(node.container).putArchive(archive, { path: '/', abortSignal } as { path: string }),
    );
    await filled;
    await startContainer(engine, node.container, stop);
  });
}

async function entrypointOf(engine: Engine, image: string, signal: AbortSignal): Promise<readonly string[]> {
  const { Config } = await engine.call(`inspect ${image}`, signal, () => engine.docker.getImage(image).inspect());
  const { Entrypoint: entrypoint } = Config;
  return typeof entrypoint === 'string' ? [entrypoint] : (entrypoint ?? ['/sbin/init']);
}

/**
 * What the capture kept of other places than `/var` is put there before the image's own entrypoint, and the names and addresses of
 * the captured lab become this one's.
 */
function adopting(node: PlacedNode, entrypoint: readonly string[]): string[] {
  const script = `address=$1 name=$2; shift 2
if [ -d ${kept} ]; then
  . ${kept}/was
  cd ${kept}/root
  sed -i -e "s/\\b$(echo "$was_address" | sed 's/\\./\\\\./g')\\b/$address/g" -e "s/\\b$was_name\\b/$name/g" $(ls etc/kubernetes/manifests/*.yaml kind/kubeadm.conf \\
    kind/old-ipv4 /var/lib/kubelet/kubeadm-flags.env /var/lib/kubelet/instance-config.yaml 2>/dev/null)
  cp -a . / && cd / && rm -rf ${kept}
fi
exec "$@"`;
  return ['/bin/sh', '-c', script, 'slipway', node.address, node.kindCluster, ...entrypoint];
}

/**
 * Makes the volumes that become the nodes' `/var` and fills them, all by one helper: what is never written to is shared by hard
 * links, the rest copied.
 */
export async function fillVolumes(
  { engine, spec, key, root }: { engine: Engine; spec: LabSpec; key: string; root: string },
  image: string,
  signal: AbortSignal,
): Promise<void> {
  const nodes = nodeNames(spec);
  await Promise.all(nodes.map((node) => makeVolume(engine, nodeVolume(node), labelsOf(spec, 'var'), signal)));
  const calls = nodes.map((node) => `fill ${captureVolume(spec.instance, key, node.hostname)} ${nodeVolume(node)} &\nworks="$works $!"`);
  const script = [fill, ...calls, 'for one in $works; do wait $one; done'].join('\n');
  const host = { Binds: [`${root}:/volumes`] };
  await runHelper(engine, { what: 'copy the captured nodes', image, script, labels: labelsOf(spec, 'helper'), host, times: 2 }, signal);
}

const fill = `set -eu
works=
fill() {
  from=/volumes/$1/_data to=/volumes/$2/_data
  containerd=$to/lib/containerd
  cp -a --sparse=always $from/own/. $to
  cp -al $from/shared/blobs $containerd/io.containerd.content.v1.content
  cp -al $from/shared/snapshots $containerd/io.containerd.snapshotter.v1.overlayfs
}`;

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
