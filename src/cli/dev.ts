import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Run } from './commands.ts';
import { asEnvironment, settingsFor } from './settings.ts';
import { astro } from './site/build.ts';
import { needFreePort } from './site/port.ts';

/** Astro's development server with the settings of this checkout. Makes no images: ./slipway up has made them. */
export const run: Run = async (args, context) => {
  const settings = settingsFor(args, context);
  await needFreePort(settings.host, settings.port);
  const [node, ...rest] = astro(context.root, 'dev', '--port', String(settings.port), '--host', settings.host);
  const env = {
    ...process.env,
    ...asEnvironment(settings),
    NODE_ENV: 'development',
    SLIPWAY_RELOAD: '1',
    ASTRO_DEV_BACKGROUND: '0',
    ASTRO_TELEMETRY_DISABLED: '1',
  };
  const child = spawn(node, rest, { cwd: context.root, env, stdio: 'inherit' });
  context.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const [code] = await once(child, 'exit');
  return context.signal.aborted ? 0 : Number(code ?? 1);
};
