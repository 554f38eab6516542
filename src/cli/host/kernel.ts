import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Finding } from './finding.ts';

interface Feature {
  id: string;
  option: string;
  module: string;
  title: string;
  breaks: string;
}

const features: readonly Feature[] = [
  {
    id: 'nft-queue',
    option: 'CONFIG_NFT_QUEUE',
    module: 'nft_queue',
    title: 'NFT_QUEUE in the kernel',
    breaks: 'Network policies are stored but not enforced, so a live probe of one answers "cannot check".',
  },
  {
    id: 'ip-vs',
    option: 'CONFIG_IP_VS',
    module: 'ip_vs',
    title: 'IP_VS in the kernel',
    breaks: "kube-proxy's ipvs mode cannot be tried; iptables mode, which labs use, works.",
  },
  {
    id: 'netem',
    option: 'CONFIG_NET_SCH_NETEM',
    module: 'sch_netem',
    title: 'netem in the kernel',
    breaks: 'Delay and loss on a link are made by a proxy instead of the network.',
  },
];

/** What the kernel lets labs do. The kernel asked is this machine's: with a remote engine it says nothing. */
export function kernelFindings(remote: boolean, places = kernelPlaces()): Finding[] {
  return features.map(({ id, option, module, title, breaks }) => {
    const state = remote || process.platform !== 'linux' ? 'unknown' : featureState(option, module, places);
    if (state === 'unknown')
      return { id, title, state: 'unknown', found: 'cannot be seen from here', breaks: `If it is missing: ${breaks}` };
    if (state !== 'missing') return { id, title, state: 'ok', found: state };
    return {
      id,
      title,
      state: 'warning',
      found: `missing (${option} is not set)`,
      breaks,
      mend: 'Use a kernel that has it, as those of distributions do.',
    };
  });
}

export interface KernelPlaces {
  /** The kernel's configuration, as text; null when it is not to be had. */
  config: string | null;
  /** Names of modules that can be loaded or are built in. */
  modules: ReadonlySet<string>;
}

/** Reads /proc/config.gz or /boot, and /lib/modules. */
function kernelPlaces(): KernelPlaces {
  const boot = `/boot/config-${release()}`;
  let config: string | null = null;
  if (existsSync('/proc/config.gz')) config = gunzipSync(readFileSync('/proc/config.gz')).toString();
  else if (existsSync(boot)) config = readFileSync(boot, 'utf8');
  const folder = join('/lib/modules', release());
  const lists = existsSync(folder) ? readdirSync(folder).filter((name) => name === 'modules.dep' || name === 'modules.builtin') : [];
  const names = lists.flatMap((list) =>
    [...readFileSync(join(folder, list), 'utf8').matchAll(/([\w-]+)\.ko/g)].map(([, name]) => name ?? ''),
  );
  return { config, modules: new Set(names.map((name) => name.replaceAll('-', '_'))) };
}

function featureState(option: string, module: string, { config, modules }: KernelPlaces): 'built in' | 'a module' | 'missing' | 'unknown' {
  const set = config === null ? undefined : new RegExp(`^${option}=([ym])$`, 'm').exec(config)?.[1];
  if (set === 'y') return 'built in';
  if (modules.has(module)) return 'a module';
  if (config === null && modules.size === 0) return 'unknown';
  return 'missing';
}
