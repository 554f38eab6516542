import type { Run } from './commands.ts';
import { endSessions } from './end-sessions.ts';
import { findEngine } from './engine/find.ts';
import { countOwned, findOwned, isNothing, removeOwned } from './engine/owned.ts';
import { CommandFailure } from './failure.ts';
import { authorInstance } from './lab/author-lab.ts';
import { progressOn } from './progress.ts';
import { runningIn, stopRunning } from './running.ts';
import { settingsFor } from './settings.ts';

/** Stops the site and removes what this instance made in the engine, the labs of `lab run` among it. Results stay; run again, it finds nothing to do. */
export const run: Run = async (args, context) => {
  const { signal, env } = context;
  const settings = settingsFor(args, context);
  const progress = progressOn(process.stdout);
  const running = runningIn(settings.data);
  if (running)
    await progress.phase(running.url ? `stopping the site at ${running.url}` : 'stopping the npm start that is setting up', () =>
      stopRunning(running, signal),
    );
  const found = await findEngine(env, signal);
  if (!found.ok) {
    if (found.tried.length === 0) {
      progress.say('There is no Docker engine here, so no lab either.');
      return 0;
    }
    throw new CommandFailure(`cannot see what is left: ${found.reason}`, { advice: 'Start the engine and run ./slipway down again.' });
  }
  const { docker } = found.engine;
  const ours = [settings.instance, authorInstance(settings.instance)];
  const owned = await findOwned(docker, (instance) => ours.includes(instance), signal);
  await endSessions(settings, async () => {
    if (isNothing(owned)) return;
    const what = `removing ${countOwned(owned)} of instance ${settings.instance}`;
    await progress.phase(what, (detail) => removeOwned(docker, owned, signal, detail));
  });
  if (isNothing(owned)) {
    progress.say(`Nothing is left of instance ${settings.instance}.`);
    return 0;
  }
  for (const { name } of owned.containers) progress.say(`  container ${name}`);
  for (const { name } of owned.networks) progress.say(`  network ${name}`);
  for (const name of owned.volumes) progress.say(`  volume ${name}`);
  progress.say(`Results stay in ${settings.data}.`);
  return 0;
};
