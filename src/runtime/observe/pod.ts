import type { Probe } from '#cluster/port.ts';
import type { Look } from './eyes.ts';
import { containerOf, probeEach } from './pods.ts';
import { secretHash } from './secret-hash.ts';

type Files = Extract<Probe, { op: 'files' }>;
type Environ = Extract<Probe, { op: 'environ' }>;

const mapped = <A, B>(record: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, to(value)]));

const shownAs = (secret: boolean, key: Uint8Array) => (bytes: Uint8Array) =>
  secret ? secretHash(bytes, key) : Buffer.from(bytes).toString();

export const podFiles: Look<'pod.files'> = ({ cluster, pods, container, paths, largest, secret }, eyes, signal) => {
  const shown = shownAs(secret, eyes.secretKey);
  return probeEach<Files, { files: object }>(
    eyes,
    cluster,
    pods,
    (pod) => {
      const id = containerOf(pod, container);
      return id === null ? null : { op: 'files', container: id, paths, maxBytes: largest };
    },
    (found) => ({ files: mapped(found, ({ problem, bytes, size }) => ({ problem, text: bytes && shown(bytes), size })) }),
    signal,
  );
};

export const podEnviron: Look<'pod.environ'> = ({ cluster, pods, container, names, secret }, eyes, signal) => {
  const shown = shownAs(secret, eyes.secretKey);
  return probeEach<Environ, { environ: object }>(
    eyes,
    cluster,
    pods,
    (pod) => {
      const id = containerOf(pod, container);
      return id === null ? null : { op: 'environ', container: id, names };
    },
    (environ) => ({ environ: mapped(environ, shown) }),
    signal,
  );
};
