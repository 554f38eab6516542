import { readSettings, type Settings } from '#runtime/settings.ts';
import { type Arguments, wholeNumber } from './arguments.ts';
import type { Context } from './commands.ts';
import { CommandFailure, inWords } from './failure.ts';

/** The settings of this checkout, with a command's `--port`, `--host` and `--no-engine` over the environment's. */
export function settingsFor(args: Arguments, { root, env }: Context): Settings {
  const port = wholeNumber(args.value('port'), '--port', 0, 65_535);
  const host = args.value('host');
  const over = {
    SLIPWAY_ROOT: root,
    ...(port === undefined ? {} : { SLIPWAY_PORT: String(port) }),
    ...(host === undefined ? {} : { SLIPWAY_HOST: host }),
    ...(args.on('no-engine') ? { SLIPWAY_NO_ENGINE: '1' } : {}),
  };
  try {
    return readSettings({ ...env, ...over });
  } catch (cause) {
    const message = inWords(cause).split('\n    at ')[0] ?? '';
    const named = host === undefined ? message : message.replace('SLIPWAY_HOST:', `--host ${host}:`);
    throw new CommandFailure(named.replace(/^Error: /, ''), { exitCode: 2, cause });
  }
}

/** What the server reads: the same settings, as its environment. */
export function asEnvironment(settings: Settings): Record<string, string> {
  return {
    SLIPWAY_ROOT: settings.root,
    SLIPWAY_COURSE: settings.course,
    SLIPWAY_DATA: settings.data,
    SLIPWAY_INSTANCE: settings.instance,
    SLIPWAY_HOST: settings.host,
    SLIPWAY_PORT: String(settings.port),
    SLIPWAY_NO_ENGINE: settings.engine ? '0' : '1',
    NODE_ENV: 'production',
  };
}
