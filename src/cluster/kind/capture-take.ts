import { randomBytes } from 'node:crypto';
import type { Kube } from '../kube.ts';
import { type Capture, ClusterError, type LabSpec } from '../port.ts';
import { markWhole, removeCapture, shelve } from './capture-store.ts';
import type { Engine } from './engine.ts';
import { containersOf, removeLab } from './find.ts';
import { runHelper } from './helper.ts';
import { labelsOf, type NodeName, nodeNames, toolboxName } from './names.ts';
import { addressOf, inNode } from './nodes.ts';
import { kept, quiesce } from './quiesce.ts';
import { together } from './together.ts';

export interface Taking {
  engine: Engine;
  nodeImage: () => Promise<string>;
  /** A client of a cluster of the lab, to be closed. */
  adminOf(spec: LabSpec, cluster: string, signal: AbortSignal): Promise<Kube>;
}

const cleanUpLimit = 180_000;

/** Stops a lab as one that has not begun and keeps its nodes' `/var` in volumes of the capture. Nothing is left of the lab. */
export async function takeCapture(
  { engine, nodeImage, adminOf }: Taking,
  spec: LabSpec,
  key: string,
  signal: AbortSignal,
): Promise<Capture> {
  const { instance } = spec;
  const taken = { instance, key, taking: randomBytes(4).toString('hex') };
  try {
    await removeCapture(engine, instance, key, signal);
    const nodes = nodeNames(spec);
    const addresses = await Promise.all(nodes.map((node) => addressOf(engine, spec.lab, node, signal)));
    await together(signal, spec.clusters, async (cluster, stop) => {
      const admin = await adminOf(spec, cluster.name, stop);
      try {
        await quiesce(engine, spec, cluster, admin, stop);
      } finally {
        await admin.close();
      }
    });
    await together(signal, nodes, async (node, stop) => {
      const was = `was_address=${addresses[nodes.indexOf(node)]}\nwas_name=${node.kindCluster}\n`;
      await inNode(engine, node, ['sh', '-c', `cat > ${kept}/was`], stop, { stdin: was });
    });
    const volumes = await stopNodes(engine, spec, signal);
    const shelves = await Promise.all(nodes.map(({ hostname }) => shelve(engine, taken, hostname, signal)));
    const pairs = nodes.map(({ container }, index) => [volumes.get(container), shelves[index]?.name]);
    const printed = await runHelper(
      engine,
      {
        what: 'keep the stopped nodes',
        image: await nodeImage(),
        script: [keep, ...pairs.map(([from, to]) => `keep ${from} ${to}`), `sizes ${pairs.map(([, to]) => to).join(' ')}`].join('\n'),
        labels: labelsOf(spec, 'helper'),
        host: { Binds: [`${shelves[0]?.root}:/volumes`] },
        times: 8,
      },
      signal,
    );
    return await markWhole(engine, taken, Number(/^bytes (\d+)$/m.exec(printed)?.[1] ?? 0), signal);
  } catch (error) {
    await removeCapture(engine, instance, key, AbortSignal.timeout(cleanUpLimit)).catch(() => undefined);
    throw error;
  } finally {
    await removeLab(engine, spec, AbortSignal.timeout(cleanUpLimit));
  }
}

/** Ends all nodes, which have nothing left to lose, and answers the volume behind the `/var` of each. */
async function stopNodes(engine: Engine, spec: LabSpec, signal: AbortSignal): Promise<Map<string, string>> {
  const volumes = new Map<string, string>();
  const containers = await containersOf(engine, { instance: spec.instance, lab: spec.lab, epoch: spec.epoch }, signal);
  if (!containers.some(({ Names }) => Names.includes(`/${toolboxName(spec.lab)}`)))
    throw new ClusterError('gone', 'This lab is not there.');
  await together(signal, nodeNames(spec), async ({ container }: NodeName, stop) => {
    const node = engine.docker.getContainer(container);
    const { Mounts } = await engine.call(`inspect ${container}`, stop, (abortSignal) => node.inspect({ abortSignal }));
    const volume = Mounts.find(({ Destination }) => Destination === '/var')?.Name;
    if (volume === undefined) throw new ClusterError('engine', `The node ${container} keeps its state in no volume.`);
    volumes.set(container, volume);
    await engine.call(`stop ${container}`, stop, (abortSignal) => node.stop({ t: 5, abortSignal }), 2);
  });
  return volumes;
}

/**
 * Moves a node's files out of the lab's volume, which goes away: to `shared` what nothing writes to again (containerd's blobs and
 * unpacked layers), to `static` what no start needs, to `own` the rest. A blob that another capture has already is taken from there.
 */
const keep = `set -eu
cd /volumes
containerd=lib/containerd
blobs=$containerd/io.containerd.content.v1.content/blobs
snapshots=$containerd/io.containerd.snapshotter.v1.overlayfs/snapshots
keep() {
  from=/volumes/$1/_data to=/volumes/$2/_data
  rm -rf $to/own $to/shared $to/static
  cd $from
  rm -rf lib/kubelet/pods lib/kubelet/*_state lib/kubelet/checkpoints lib/kubelet/pki lib/kubelet/pod-resources lib/kubelet/device-plugins \\
    lib/kubelet/plugins_registry log/pods log/containers log/journal/* cache/apt/*.bin lib/cni lib/systemd/random-seed lib/etcd/member/wal/*.tmp \\
    $containerd/io.containerd.runtime.v2.task/k8s.io $containerd/io.containerd.grpc.v1.cri/*/* $containerd/tmpmounts/* $containerd/*/ingest/*
  mkdir -p $to/own $to/shared $to/static/lib/dpkg
  mv $blobs $snapshots $to/shared
  for place in lib/dpkg/info lib/apt cache; do [ ! -d $place ] || mv $place $to/static/$place; done
  find . -mindepth 1 -maxdepth 1 -exec mv -t $to/own {} +
  if [ -d $to/own/lib/etcd ]; then
    cp -a --sparse=always $to/own/lib/etcd $to/own/lib/etcd.sparse
    rm -rf $to/own/lib/etcd
    mv $to/own/lib/etcd.sparse $to/own/lib/etcd
  fi
  for blob in $to/shared/blobs/sha256/*; do
    for other in /volumes/slipway-capture-*/_data/shared/blobs/sha256/\${blob##*/}; do
      [ ! -f "$other" ] || [ "$other" -ef "$blob" ] || { ln -f "$other" "$blob" && break; }
    done
  done
}
sizes() {
  total=0
  for name in "$@"; do
    size=$(find /volumes/$name/_data -links 1 -type f -printf '%b\\n' | awk '{ all += $1 * 512 } END { printf "%.0f", all }')
    total=$((total + size))
  done
  echo "bytes $total"
}`;
