import { join } from 'node:path';
import type { Settings } from '#runtime/settings.ts';
import type { Context, Run } from './commands.ts';
import { type Engine, findEngine } from './engine/find.ts';
import { countOwned, findOwned, isNothing } from './engine/owned.ts';
import { readyEngine } from './engine/ready.ts';
import { inWords } from './failure.ts';
import { raiseInotify } from './host/limits.ts';
import { firstImages, imagesOf, readyImages } from './needed-images.ts';
import { type Progress, progressOn, span } from './progress.ts';
import { beTheOnlyOne, noteRunning, noteStopped } from './running.ts';
import { asEnvironment, settingsFor } from './settings.ts';
import { readySite } from './site/build.ts';
import { freePort, needFreePort } from './site/port.ts';
import { serve } from './site/serve.ts';
import { keepLog } from './site/server-log.ts';

/** Sets up whatever is missing, then serves until it is told to stop. What is there already is only looked at. */
export const run: Run = async (args, context) => {
  const { env, signal } = context;
  const progress = progressOn(process.stdout);
  const asked = settingsFor(args, context);
  const only = beTheOnlyOne(asked.data);
  try {
    noteRunning(asked.data, null);
    return await upAlone(asked, args.on('yes'), progress, context);
  } finally {
    noteStopped(asked.data);
    only.release();
    if (signal.aborted) await sayWhatIsLeft(asked.instance, env, progress);
  }
};

async function upAlone(asked: Settings, yes: boolean, progress: Progress, { root, env, signal }: Context): Promise<number> {
  await needFreePort(asked.host, asked.port);
  const settings = asked.port === 0 ? { ...asked, port: await freePort(asked.host) } : asked;

  const engine = settings.engine ? await tryEngine(settings, yes, env, progress, signal) : null;
  await readySite({ ...settings, progress, signal });
  if (engine) await tryImages(engine, settings, env, progress, signal);

  const started = performance.now();
  return await serve({
    root,
    host: settings.host,
    port: settings.port,
    env: { ...asEnvironment(settings), ...(engine ? { DOCKER_HOST: engine.host } : {}) },
    signal,
    output: process.stdout.isTTY ? (output) => keepLog(output, join(settings.data, 'server.log'), progress.say) : undefined,
    ready: (url) => {
      noteRunning(settings.data, url);
      progress.say(`✓ the server is ready (${span(performance.now() - started)})`);
      progress.say(`\n  Slipway is at ${url}\n  Stop with Ctrl-C. Remove its labs with ./slipway down.\n`);
    },
  });
}

/** The engine, or null after saying why labs will not start: lessons are served either way. */
async function tryEngine(settings: Settings, yes: boolean, env: NodeJS.ProcessEnv, progress: Progress, signal: AbortSignal) {
  const { data, instance } = settings;
  try {
    const engine = await readyEngine({ env, data, instance, yes, progress, signal });
    const raised = raiseInotify();
    if (raised) progress.say(`✓ ${raised}`);
    return engine;
  } catch (error) {
    signal.throwIfAborted();
    progress.say(`✗ Labs cannot start: ${inWords(error)}\n  Serving the lessons alone.`);
    return null;
  }
}

async function tryImages(
  engine: Engine,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  try {
    await readyImages(imagesOf(engine.docker, settings.root, env), firstImages(settings.course), { progress, signal });
  } catch (error) {
    signal.throwIfAborted();
    progress.say(
      `✗ Labs cannot start yet: ${inWords(error)}\n  Once mended: ./slipway images build node (and those that ./slipway images list shows).`,
    );
  }
}

/** After a stop: what runs on, and how to end it. */
async function sayWhatIsLeft(instance: string, env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  const signal = AbortSignal.timeout(5000);
  const found = await findEngine(env, signal);
  if (!found.ok) return;
  const owned = await findOwned(found.engine.docker, (other) => other === instance, signal);
  if (isNothing(owned)) progress.say('Stopped. Nothing is left running.');
  else progress.say(`Stopped. Its labs are paused (${countOwned(owned)}); the next start finds them. ./slipway down removes them.`);
}
