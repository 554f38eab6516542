import { kindProvider } from '#cluster/kind/provider.ts';
import { ClusterError, type Headroom, type HostFacts, type HostLimit, hostLimits } from '#cluster/port.ts';
import { defaultMemory, defaultStarts, takes } from '#runtime/budget.ts';
import type { Settings } from '#runtime/settings.ts';
import type { Found } from '../engine/find.ts';
import { type Finding, inGiB } from './finding.ts';

/** What most lessons stand on. */
const smallLab = { bytes: 700 * 1024 ** 2, clusters: [{ name: 'main', workers: 0, kubeadmPatches: [], setup: [] }] };

const names: Readonly<Record<HostLimit, string>> = {
  networks: 'address ranges',
  inotifyInstances: 'inotify instances',
  inotifyWatches: 'inotify watches',
  pids: 'processes',
  ports: 'ports',
};

/** How many labs of one node this machine has room for at once, and what ends first. */
export async function capacityFinding(
  found: Found,
  settings: Pick<Settings, 'memoryBytes' | 'starts'>,
  signal: AbortSignal,
): Promise<Finding> {
  const base = { id: 'capacity', title: 'Labs at once' };
  if (!found.ok) return { ...base, state: 'unknown', found: 'without an engine it cannot be seen' };
  const none = () => Promise.reject(new ClusterError('no-image', 'Nothing is made here.'));
  const provider = kindProvider({ docker: found.engine.docker, nodeImage: none, gatewayImage: none });
  const [facts, headroom] = await Promise.all([provider.facts(signal), provider.headroom?.(signal)]);
  return capacity(facts, headroom ?? null, settings);
}

/** The same, of facts that are known. */
export function capacity(facts: HostFacts, headroom: Headroom | null, settings: Pick<Settings, 'memoryBytes' | 'starts'>): Finding {
  const budget = settings.memoryBytes ?? defaultMemory(facts);
  const starts = settings.starts ?? defaultStarts(facts);
  const wanted = takes(smallLab);
  const rooms = [
    { what: `memory (${inGiB(budget)} for labs)`, count: Math.floor(budget / smallLab.bytes) },
    ...hostLimits.flatMap((limit) => {
      const limited = headroom?.limits[limit];
      if (limited === undefined || limited === null) return [];
      return [{ what: names[limit], count: Math.floor(Math.max(0, limited.most - (limited.used ?? 0)) / wanted[limit]) }];
    }),
  ].sort((a, b) => a.count - b.count);
  const [least = { what: '', count: 0 }, ...others] = rooms;
  const then = others[0] === undefined ? '' : `, then ${others[0].what} at ${others[0].count}`;
  const found = `about ${least.count} of one node, ${starts} made at a time; first to run out: ${least.what}${then}`;
  const base = { id: 'capacity', title: 'Labs at once', found };
  if (least.count >= 2) return { ...base, state: 'ok' };
  return {
    ...base,
    state: least.count === 0 ? 'problem' : 'warning',
    breaks: least.count === 0 ? 'No lab is begun.' : 'One small lab at a time; others wait in line.',
    mend: `Give labs more of it: ${least.what}. SLIPWAY_MEMORY_MIB says what labs may hold.`,
  };
}
