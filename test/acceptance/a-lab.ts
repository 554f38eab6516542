import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { images } from '#cluster/images/index.ts';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { LabSpec } from '#cluster/port.ts';
import { type MoreOfLab, oneCluster } from '../one-cluster.ts';

export const docker = new Dockerode();
const made = images(docker, { root: join(import.meta.dirname, '..', '..') });

/** The reference of an image: from the environment (`SLIPWAY_GATEWAY_IMAGE` and such) or made as the product makes it. */
export async function imageOf(name: string): Promise<string> {
  const given = process.env[`SLIPWAY_${name.toUpperCase()}_IMAGE`];
  return given ?? (await made.ensure(name, { signal: AbortSignal.timeout(1_800_000) })).ref;
}

/** A new provider, as after a restart of the server: it knows nothing but the engine. */
export const provider = () => kindProvider({ docker, nodeImage: () => imageOf('node'), gatewayImage: () => imageOf('gateway') });

export async function aLab(more: MoreOfLab = {}): Promise<LabSpec> {
  const id = randomBytes(3).toString('hex');
  const toolbox = { image: await imageOf('toolbox'), memoryBytes: 512 * 1024 ** 2, cpus: 1, pids: 128 };
  return oneCluster({ instance: `test-${id}`, lab: `t${id}`, toolbox }, more);
}
