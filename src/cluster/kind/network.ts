import { networkInterfaces } from 'node:os';
import type Dockerode from 'dockerode';
import { ClusterError, type LabRef } from '../port.ts';
import type { Engine } from './engine.ts';
import { engineStatus, messageOf } from './failures.ts';
import { label, labelFilter, labelsOf, networkName } from './names.ts';

/** Lab networks are taken from here, /24 each: outside the engine's default pools (which end at 30) and Kubernetes' own ranges. */
const pool = { first: '10.201', count: 256 };

/** Makes the lab's network with a range no other network of the engine or the host uses. Answers that range. */
export async function ensureNetwork(engine: Engine, ref: LabRef, signal: AbortSignal): Promise<string> {
  const name = networkName(ref.lab);
  const networks = await engine.call('list networks', signal, (abortSignal) => engine.docker.listNetworks({ abortSignal }));
  const present = networks.find((network) => network.Name === name);
  if (present) {
    if (present.Labels?.[label.instance] === ref.instance && present.Labels[label.epoch] === String(ref.epoch)) return subnetOf(present);
    throw new ClusterError('engine', `A network called ${name} exists that is not this lab's.`, {
      command: `docker network inspect ${name}`,
      advice: `If nobody uses it, remove it: \`docker network rm ${name}\`.`,
    });
  }
  const used = [...rangesOf(networks), ...hostRanges()];
  const mtu = networks.find((network) => network.Name === 'bridge')?.Options?.['com.docker.network.driver.mtu'];
  for (const subnet of freeSubnets(used)) {
    try {
      await engine.make(`make network ${name}`, signal, (abortSignal) =>
        engine.docker.createNetwork({
          Name: name,
          Driver: 'bridge',
          CheckDuplicate: true,
          Labels: labelsOf(ref, 'network'),
          IPAM: { Driver: 'default', Config: [{ Subnet: subnet, ...parts(subnet) }] },
          Options: { 'com.docker.network.bridge.enable_ip_masquerade': 'true', ...(mtu ? { 'com.docker.network.driver.mtu': mtu } : {}) },
          abortSignal,
        }),
      );
      return subnet;
    } catch (error) {
      // Another lab may have taken the range since the list was read.
      const said = error instanceof ClusterError ? `${error.output}` : messageOf(error);
      if (!/overlap/i.test(said) && engineStatus(error) !== 409) throw error;
      if (engineStatus(error) === 409 && /already exists/i.test(said)) return await ensureNetwork(engine, ref, signal);
    }
  }
  throw new ClusterError('no-address', 'No free address range is left for another lab.', {
    command: 'docker network ls',
    advice: 'End a lab, or remove networks that nobody uses (`docker network prune`).',
  });
}

function subnetOf({ IPAM }: Dockerode.NetworkInspectInfo): string {
  return IPAM?.Config?.[0]?.Subnet ?? '';
}

/** The engine gives addresses from the upper half; the lower one is ours to give to nodes. */
function parts(subnet: string): { Gateway: string; IPRange: string } {
  return { Gateway: hostOf(subnet, 1), IPRange: `${hostOf(subnet, 128)}/25` };
}

/** The address that a lab's n-th node (from 0) has where it must be known before the node is there. */
export const addressIn = (subnet: string, index: number): string => hostOf(subnet, 2 + index);

const hostOf = (subnet: string, host: number): string => subnet.replace(/\.0\/24$/, `.${host}`);

/** How many ranges there are for labs' networks, and how many of them somebody uses. */
export async function networkRanges(engine: Engine, signal: AbortSignal): Promise<{ most: number; used: number }> {
  const networks = await engine.call('list networks', signal, (abortSignal) => engine.docker.listNetworks({ abortSignal }));
  return { most: pool.count, used: pool.count - freeSubnets([...rangesOf(networks), ...hostRanges()]).length };
}

/** Ids of networks that carry the labels. */
export async function labelledNetworks(engine: Engine, lab: { instance: string; lab?: string; epoch?: number }, signal: AbortSignal) {
  return await engine.call('list networks', signal, (abortSignal) =>
    engine.docker.listNetworks({ filters: { label: labelFilter(lab) }, abortSignal }),
  );
}

/** Candidate ranges that overlap none of `used` (CIDRs), in order. */
export function freeSubnets(used: readonly string[]): string[] {
  const taken = used.map(range).filter((each) => each !== null);
  return Array.from({ length: pool.count }, (_, index) => `${pool.first}.${index}.0/24`).filter((candidate) => {
    const mine = range(candidate);
    return mine !== null && taken.every((other) => mine.last < other.first || mine.first > other.last);
  });
}

function rangesOf(networks: readonly { IPAM?: Dockerode.NetworkInspectInfo['IPAM'] }[]): string[] {
  return networks.flatMap((network) => network.IPAM?.Config?.map((config) => config.Subnet ?? '') ?? []);
}

function hostRanges(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map((address) => address.cidr ?? ''));
}

/** First and last address of an IPv4 CIDR as numbers; null for anything else. */
function range(cidr: string): { first: number; last: number } | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) return null;
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = match.slice(1).map(Number);
  const size = 2 ** (32 - bits);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}
