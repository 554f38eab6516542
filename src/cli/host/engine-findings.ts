import type { Engine, Found } from '../engine/find.ts';
import { tryPrivileged } from '../engine/trial.ts';
import type { Finding } from './finding.ts';

/** What the Docker engine is like, and whether it can run a node. */
export async function engineFindings(found: Found, instance: string, signal: AbortSignal): Promise<Finding[]> {
  if (!found.ok) {
    const mend = 'Run ./slipway up as root on Debian or Ubuntu, or install Docker: https://docs.docker.com/engine/install/';
    return [
      {
        id: 'engine',
        title: 'Docker engine',
        state: 'problem',
        found: found.reason,
        breaks: 'No lab can start; lessons can be read.',
        mend,
      },
    ];
  }
  const { info } = found.engine;
  const [trial, networks] = await Promise.all([tryPrivileged(found.engine.docker, instance, signal), countNetworks(found.engine)]);
  return [
    versionFinding(info.ServerVersion, found.engine.host),
    trial.ok
      ? { id: 'privileged', title: 'Privileged containers', state: 'ok', found: 'one was run' }
      : {
          id: 'privileged',
          title: 'Privileged containers',
          state: 'problem',
          found: trial.reason,
          breaks: 'No lab can start: its nodes are privileged containers.',
          mend: 'Use a rootful engine of version 23 or newer.',
        },
    cgroupFinding(info.CgroupVersion),
    poolsFinding(info.DefaultAddressPools?.length ?? 0, networks),
  ];
}

function versionFinding(version: string, host: string): Finding {
  const base = { id: 'engine', title: 'Docker engine', found: `${version} at ${host}` };
  if (Number.parseInt(version, 10) >= 23) return { ...base, state: 'ok' };
  const mend = 'Install 23 or newer: https://docs.docker.com/engine/install/';
  if (Number.parseFloat(version) >= 20.1) return { ...base, state: 'warning', breaks: 'Works on most hosts, not on all.', mend };
  return { ...base, state: 'problem', breaks: 'Too old for private cgroup namespaces, which nodes need.', mend };
}

function cgroupFinding(version: string): Finding {
  const base = { id: 'cgroup', title: 'cgroup version', found: version };
  if (version === '2') return { ...base, state: 'ok' };
  return {
    ...base,
    state: 'warning',
    breaks: 'Works: Slipway tells the kubelet to accept it. Kubernetes means to drop version 1.',
    mend: 'Boot with systemd.unified_cgroup_hierarchy=1 where the system offers it.',
  };
}

function poolsFinding(pools: number, networks: number): Finding {
  const base = { id: 'pools', title: 'Address pools' };
  if (pools > 0) return { ...base, state: 'ok', found: `${pools} of the engine's own settings, ${networks} networks in use` };
  const found = `Docker's defaults (30 networks at most), ${networks} in use`;
  if (networks < 24) return { ...base, state: 'ok', found };
  return {
    ...base,
    state: 'warning',
    found,
    breaks: 'Other programs may soon fail to make networks. Labs choose subnets of their own and go on.',
    mend: 'Set default-address-pools in /etc/docker/daemon.json, or remove unused networks.',
  };
}

const countNetworks = async (engine: Engine) => (await engine.docker.listNetworks()).length;
