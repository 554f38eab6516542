import type { ClusterSpec, LabSpec, ToolboxSpec } from '#cluster/port.ts';

export type MoreOfLab = Partial<LabSpec> & { cluster?: Partial<ClusterSpec> };

/** A lab of one cluster with one node, for whoever tries or measures a provider; `cluster` changes that one. */
export function oneCluster(base: { instance: string; lab: string; toolbox: ToolboxSpec }, { cluster, ...more }: MoreOfLab = {}): LabSpec {
  return {
    ...base,
    epoch: 1,
    clusters: [
      {
        name: 'main',
        nodes: [{ role: 'control-plane' }],
        podSubnet: '10.244.0.0/16',
        serviceSubnet: '10.96.0.0/16',
        kubeadmPatches: [],
        setup: [],
        ...cluster,
      },
    ],
    containers: [],
    images: [],
    proberRules: [],
    ...more,
  };
}
