import { randomBytes } from 'node:crypto';
import type Dockerode from 'dockerode';
import { ClusterError } from '../port.ts';
import type { Engine } from './engine.ts';
import { unframed } from './exec.ts';
import { adviceFor, tail } from './failures.ts';
import { label } from './names.ts';

export interface Errand {
  /** Completes "could not …". */
  what: string;
  image: string;
  script: string;
  labels: Readonly<Record<string, string>>;
  host: Dockerode.HostConfig & { CgroupnsMode?: 'host' };
  /** How many times the engine's patience it may take. */
  times?: number;
}

/** Runs a script in a container of its own beside the lab's and answers what it printed. Its labels let a clean-up find it. */
export async function runHelper(engine: Engine, errand: Errand, signal: AbortSignal): Promise<string> {
  const { what, image, script, labels, host, times = 1 } = errand;
  const { docker } = engine;
  const helper = docker.getContainer(`slipway-helper-${randomBytes(4).toString('hex')}`);
  await engine.make(what, signal, (abortSignal) =>
    docker.createContainer({
      name: helper.id,
      Image: image,
      Entrypoint: ['sh', '-c', script],
      Cmd: [],
      Labels: { ...labels, [label.part]: 'helper' },
      HostConfig: { NetworkMode: 'none', ...host },
      abortSignal,
    }),
  );
  const remove = () =>
    engine.call('remove the helper', AbortSignal.timeout(30_000), (abortSignal) => helper.remove({ force: true, v: true, abortSignal }));
  try {
    await engine.make(what, signal, (abortSignal) => helper.start({ abortSignal }));
    const ended = await engine.call(what, signal, (abortSignal) => helper.wait({ abortSignal }), times);
    const { StatusCode: code } = ended as { StatusCode: number };
    const printed = unframed(await engine.call(what, signal, (abortSignal) => helper.logs({ stdout: true, stderr: true, abortSignal })));
    if (code === 0) return printed;
    const known = adviceFor(printed);
    throw new ClusterError(known?.code ?? 'engine', `The engine could not ${what}.`, { output: tail(printed), advice: known?.advice });
  } finally {
    await remove();
  }
}
