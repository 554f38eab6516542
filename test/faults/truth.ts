import type { Installation } from './installation.ts';

const foreign = ['somebody-elses', 'slipway-alike-control-plane'];

/** Containers, a network and a volume that are not this installation's, some of them named or labelled alike. */
export async function seedForeign({ engine }: Installation): Promise<void> {
  const docker = engine.docker();
  const labels = { 'slipway.instance': 'another', 'slipway.lab': 'l1', 'slipway.epoch': '1', 'slipway.part': 'node' };
  engine.images.add('x:1');
  await docker.createContainer({ name: 'somebody-elses', Image: 'x:1', Labels: labels });
  await docker.createContainer({ name: 'slipway-alike-control-plane', Image: 'x:1' });
}

/**
 * What does not hold of an installation at rest, a sentence each: rows and containers agree, every object has exactly one owner, what
 * is not ours is untouched, and who lost a lab was told why.
 */
export async function untruths({ context, engine, rows }: Installation): Promise<string[]> {
  const { provider, settings } = context;
  const signal = AbortSignal.timeout(10_000);
  const wrong: string[] = [];
  const say = (isSo: boolean, sentence: string) => void (isSo || wrong.push(sentence));
  const sessions = await rows.sessions.list({});
  const instances = await rows.instances.list();
  const found = await provider.find(settings.instance, signal);

  for (const { id, intent, readyAt } of instances) {
    const owners = sessions.filter(({ instance, state }) => instance === id && state !== 'ended').length;
    say(intent !== 'absent', `instance ${id} is wanted absent and still has a row`);
    say(owners === (intent === 'spare' ? 0 : 1), `instance ${id} (${intent}) has ${owners} owners`);
    if (intent !== 'spare') continue;
    const condition = await provider.condition({ instance: settings.instance, lab: id, epoch: 1 }, signal);
    say(readyAt !== null && condition === 'paused', `spare ${id} is ${condition}${readyAt === null ? ', and not ready' : ''}`);
  }
  for (const one of found) {
    const row = instances.find(({ id }) => id === one.lab);
    say(row !== undefined, `${names(one)} belong to nobody`);
    say(row === undefined || row.epoch === one.epoch, `${names(one)} are of epoch ${one.epoch}, their row of ${row?.epoch}`);
  }
  for (const { id, state, instance, instanceEpoch, reason, epoch } of sessions) {
    const line = `session ${id} (${state})`;
    say(!['queued', 'starting', 'ending'].includes(state), `${line} is on its way although nothing is under way`);
    if (state === 'ready' || state === 'paused') {
      const condition = await provider.condition({ instance: settings.instance, lab: instance ?? '', epoch: instanceEpoch }, signal);
      say(condition === (state === 'ready' ? 'running' : 'paused'), `${line} has containers that are ${condition}`);
    }
    if (state === 'failed') say(!found.some((one) => one.lab === instance), `${line} left containers`);
    if (state === 'failed' || state === 'crashed') say((reason?.message ?? '') !== '', `${line} has no reason`);
    const watch = context.watches.get(id);
    say((watch !== undefined) === (state === 'ready'), `${line} is ${watch === undefined ? 'not ' : ''}watched`);
    if (state === 'failed') {
      const phases = await rows.phases.list(id, epoch);
      say(!phases.some((phase) => phase.state === 'running'), `${line} has a phase that goes on for ever`);
    }
  }
  const there = engine.everything();
  for (const name of foreign) say(there.includes(name), `${name} was removed, and was not ours`);
  return wrong;
}

/** What exists of this installation. */
export function census({ engine }: Installation): string[] {
  return engine.everything().filter((name) => !foreign.includes(name));
}

const names = (found: { containers: readonly { name: string }[]; networks: readonly string[]; volumes: readonly string[] }) =>
  [...found.containers.map(({ name }) => name), ...found.networks, ...found.volumes].join(', ');
