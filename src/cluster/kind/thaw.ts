import { randomBytes } from 'node:crypto';
import type { Engine } from './engine.ts';
import { label } from './names.ts';

/**
 * Lets a container die that was killed while one of its pods was frozen. Under cgroup v1 runc freezes a pod's control
 * group for a moment when it sets it up; if runc is killed in that moment the pod's process stays frozen, SIGKILL does not
 * reach it, and the engine says "tried to kill container, but did not receive an exit event" for ever. Nothing can be run
 * in the container by then, so a helper of the same image does it from outside.
 */
export async function thaw(
  engine: Engine,
  container: { id: string; image: string; labels: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  const script = `find /host/freezer -path '*${container.id}*' -name freezer.state | while read -r f; do echo THAWED > "$f"; done`;
  const name = `slipway-thaw-${randomBytes(4).toString('hex')}`;
  const { docker } = engine;
  await engine.call('make a helper that thaws', signal, (abortSignal) =>
    docker.createContainer({
      name,
      Image: container.image,
      Entrypoint: ['sh', '-c', script],
      Labels: { ...ofLab(container.labels), [label.part]: 'helper' },
      HostConfig: { Privileged: true, NetworkMode: 'none', Binds: ['/sys/fs/cgroup:/host'], ...{ CgroupnsMode: 'host' } },
      abortSignal,
    }),
  );
  try {
    await engine.call('thaw what is frozen', signal, (abortSignal) => docker.getContainer(name).start({ abortSignal }));
    await engine.call('thaw what is frozen', signal, (abortSignal) => docker.getContainer(name).wait({ abortSignal }));
  } finally {
    await engine.call('remove the helper', AbortSignal.timeout(30_000), (abortSignal) =>
      docker.getContainer(name).remove({ force: true, v: true, abortSignal }),
    );
  }
}

/** The labels that tell whose it is; without kind's, whose CLI would take the helper for a node. */
function ofLab(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries([label.instance, label.lab, label.epoch].map((name) => [name, labels[name] ?? '']));
}
