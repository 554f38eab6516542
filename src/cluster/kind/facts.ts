import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { z } from 'zod';
import { ClusterError, type HostFacts } from '../port.ts';
import type { EngineTraits } from './containers.ts';
import type { Engine } from './engine.ts';

const Info = z.object({
  ServerVersion: z.string(),
  Driver: z.string(),
  DriverStatus: z.array(z.tuple([z.string(), z.string()])).nullish(),
  DockerRootDir: z.string(),
  CgroupVersion: z.string().optional(),
  SecurityOptions: z.array(z.string()).nullish(),
  NCPU: z.number(),
  MemTotal: z.number(),
  KernelVersion: z.string().optional(),
  Name: z.string().optional(),
});

const Version = z.object({ ApiVersion: z.string() });

/** dockerode takes a signal here; its types do not say so. */
type Abortable = {
  info(options: { abortSignal: AbortSignal }): Promise<unknown>;
  version(options: { abortSignal: AbortSignal }): Promise<unknown>;
};
const abortable = (engine: Engine) => engine.docker as unknown as Abortable;

export async function engineInfo(engine: Engine, signal: AbortSignal) {
  return Info.parse(await engine.call('tell about itself', signal, (abortSignal) => abortable(engine).info({ abortSignal })));
}

export async function hostFacts(engine: Engine, signal: AbortSignal): Promise<HostFacts> {
  try {
    const [about, version] = await Promise.all([
      engineInfo(engine, signal),
      engine.call('tell its version', signal, (abortSignal) => abortable(engine).version({ abortSignal })),
    ]);
    return {
      engine: {
        ok: true,
        version: about.ServerVersion,
        apiVersion: Version.parse(version).ApiVersion,
        cgroup: about.CgroupVersion === '2' ? '2' : '1',
        rootDir: about.DockerRootDir,
        storage: about.Driver,
      },
      cores: about.NCPU,
      memoryBytes: about.MemTotal,
      diskFreeBytes: await freeBytes(about.DockerRootDir),
    };
  } catch (error) {
    if (!(error instanceof ClusterError) || error.code === 'aborted') throw error;
    const reason = [error.message, error.advice].filter(Boolean).join(' ');
    return { engine: { ok: false, reason }, cores: availableParallelism(), memoryBytes: totalmem(), diskFreeBytes: null };
  }
}

export async function engineTraits(engine: Engine, signal: AbortSignal): Promise<EngineTraits> {
  const about = await engineInfo(engine, signal);
  const options = about.SecurityOptions ?? [];
  const rootless = options.includes('name=rootless');
  const backing = about.DriverStatus?.find(([name]) => name === 'Backing Filesystem')?.[1] ?? '';
  return {
    cgroup: about.CgroupVersion === '2' ? '2' : '1',
    usernsRemap: options.includes('name=userns'),
    rootless,
    needsDevMapper: !rootless && (['btrfs', 'zfs', 'devicemapper'].includes(about.Driver) || ['btrfs', 'zfs', 'xfs'].includes(backing)),
  };
}

/** Null where the engine's disk is not ours to look at: another machine, a desktop's virtual machine, no permission. */
async function freeBytes(directory: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
