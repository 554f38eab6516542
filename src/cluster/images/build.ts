/** For hand use: `node src/cluster/images/build.ts NAME…` makes sure of images and prints their references. */
import { fileURLToPath } from 'node:url';
import Dockerode from 'dockerode';
import { ClusterError } from '#cluster/port.ts';
import { images } from './index.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

try {
  for (const name of process.argv.slice(2)) {
    const began = Date.now();
    const ready = await images(new Dockerode(), { root }).ensure(name, {
      signal: stop.signal,
      report: ({ step, of, detail }) => process.stderr.write(`${name} ${of ? `${step}/${of} ` : ''}${detail}\n`),
    });
    process.stderr.write(`${name}: ${ready.how} in ${((Date.now() - began) / 1000).toFixed(1)} s\n`);
    process.stdout.write(`${ready.ref}\n`);
  }
} catch (error) {
  if (!(error instanceof ClusterError)) throw error;
  process.stderr.write(`${error.message}\n${[error.command, error.output, error.advice].filter(Boolean).join('\n')}\n`);
  process.exitCode = 1;
}
