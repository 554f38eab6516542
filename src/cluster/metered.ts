import type Dockerode from 'dockerode';

/** One call of the engine's API, as far as its answer began. */
export interface EngineCall {
  /** Without names and ids, e.g. `POST containers/{id}/start`. */
  call: string;
  milliseconds: number;
  /** Null when it succeeded; else the engine's status, `aborted`, or the code of the connection's error. */
  error: string | null;
}

/** The same client; whoever made it is told of each of its calls. */
export function metered(docker: Dockerode, told: (call: EngineCall) => void): Dockerode {
  const dial = docker.modem.dial.bind(docker.modem);
  docker.modem.dial = (options, callback) => {
    const began = performance.now();
    dial(options, (error, result) => {
      const call = nameOf(options.method ?? 'GET', options.path);
      told({ call, milliseconds: performance.now() - began, error: error ? kindOf(error) : null });
      callback?.(error, result);
    });
  };
  return docker;
}

const collections = new Set(['json', 'create', 'prune', 'load', 'get', 'search', 'df']);
const verbs = new Set(
  'start stop kill pause unpause wait remove exec archive resize json logs stats top tag push get history rename update connect disconnect attach'.split(
    ' ',
  ),
);

/** What is asked, of whatever it is: few names, however many containers there are. */
function nameOf(method: string, path: string): string {
  const [noun = '', ...rest] = (path.split('?')[0] ?? '').split('/').filter(Boolean);
  const last = rest.at(-1) ?? '';
  const spot =
    rest.length === 0
      ? ''
      : rest.length === 1
        ? collections.has(last)
          ? `/${last}`
          : '/{id}'
        : verbs.has(last)
          ? `/{id}/${last}`
          : '/{id}';
  return `${method} ${noun}${spot}`;
}

function kindOf(error: object): string {
  if ('statusCode' in error && typeof error.statusCode === 'number') return String(error.statusCode);
  if ('name' in error && error.name === 'AbortError') return 'aborted';
  return 'code' in error && typeof error.code === 'string' ? error.code : 'other';
}
