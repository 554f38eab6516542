import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import type { LabSpec } from '../port.ts';
import { makeVolume } from './capture-store.ts';
import { ensureCreated, nodeBody, startContainer } from './containers.ts';
import type { Engine } from './engine.ts';
import { runHelper } from './helper.ts';
import { captureVolume, labelsOf, nodeVolume } from './names.ts';
import type { NodeFile, PlacedNode } from './pki.ts';
import { kept } from './quiesce.ts';
import type { Start } from './start.ts';
import { together } from './together.ts';

export interface Clones {
  key: string;
  /** Folder of the engine's volumes. */
  root: string;
  image: string;
  nodes: readonly PlacedNode[];
  /** What only this lab's nodes have, by host name. */
  files: ReadonlyMap<string, readonly NodeFile[]>;
}

/** Makes nodes out of a capture and starts them: their `/var` from its volumes, their secrets new. */
export async function cloneNodes({ engine, spec, traits, nodeEnv }: Start, clones: Clones, signal: AbortSignal): Promise<void> {
  const { image, nodes, files } = clones;
  const entrypoint = adopting(await entrypointOf(engine, image, signal));
  await Promise.all(nodes.map((node) => makeVolume(engine, nodeVolume(node), labelsOf(spec, 'var'), signal)));
  const filled = Promise.withResolvers<void>();
  // Waited for by every node below; a failure before that must not count as unhandled.
  filled.promise.catch(() => undefined);
  await together(signal, [null, ...nodes], async (node, stop) => {
    if (node === null) {
      await fillVolumes(engine, spec, clones, stop).then(filled.resolve, (error: unknown) => {
        filled.reject(error);
        throw error;
      });
      return;
    }
    const begun = { address: node.address, volume: nodeVolume(node), entrypoint };
    await ensureCreated(engine, spec, nodeBody(spec, node, image, traits, nodeEnv, begun), stop);
    const archive = tarOf(files.get(node.hostname) ?? []);
    await engine.call(`give ${node.container} its keys`, stop, (abortSignal) =>
      engine.docker.getContainer(node.container).putArchive(archive, { path: '/', abortSignal } as { path: string }),
    );
    await filled.promise;
    await startContainer(engine, node.container, stop);
  });
}

async function entrypointOf(engine: Engine, image: string, signal: AbortSignal): Promise<readonly string[]> {
  const { Config } = await engine.call(`inspect ${image}`, signal, () => engine.docker.getImage(image).inspect());
  const { Entrypoint: entrypoint } = Config;
  return typeof entrypoint === 'string' ? [entrypoint] : (entrypoint ?? ['/sbin/init']);
}

/** What the capture kept of other places than `/var` is put there before the image's own entrypoint. */
function adopting(entrypoint: readonly string[]): string[] {
  const script = `[ ! -d ${kept} ] || { cp -a ${kept}/root/. / && rm -rf ${kept}; }; exec "$@"`;
  return ['/bin/sh', '-c', script, 'slipway', ...entrypoint];
}

/** One helper for all nodes: what is never written to is shared by hard links, the rest copied; old names and addresses become new ones. */
async function fillVolumes(engine: Engine, spec: LabSpec, { key, root, image, nodes }: Clones, signal: AbortSignal): Promise<void> {
  const calls = nodes.map((node) => {
    const from = captureVolume(spec.instance, key, node.hostname);
    return `fill ${from} ${nodeVolume(node)} ${node.address} ${node.kindCluster} &\nworks="$works $!"`;
  });
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
  . $to/slipway/was
  old=$(echo "$address" | sed 's/\\./\\\\./g')
  cd $to
  sed -i -e "s/\\b$old\\b/$3/g" -e "s/\\b$cluster\\b/$4/g" $(ls -d slipway/root/etc/kubernetes/manifests/*.yaml slipway/root/kind/kubeadm.conf \\
    slipway/root/kind/old-ipv4 lib/kubelet/kubeadm-flags.env lib/kubelet/instance-config.yaml 2>/dev/null)
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
