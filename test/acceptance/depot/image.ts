import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostSettings } from '#cluster/images/host.ts';
import { docker, imageOf } from '../a-lab.ts';

/** An image with a Docker engine and a registry in it, made once. */
export async function depotImage(): Promise<string> {
  const [base, dockerfile, { proxies }] = await Promise.all([
    imageOf('base'),
    readFile(new URL('Dockerfile', import.meta.url)),
    hostSettings(process.env),
  ]);
  const tag = createHash('sha256').update(dockerfile).update(base).digest('hex').slice(0, 12);
  const reference = `slipway-test/depot:${tag}`;
  const present = await docker.listImages({ filters: JSON.stringify({ reference: [reference] }) });
  if (present.length > 0) return reference;
  const stream = await docker.buildImage(
    { context: import.meta.dirname, src: ['Dockerfile'] },
    // By these labels `./slipway images prune` knows it for one that may go.
    {
      t: reference,
      buildargs: { BASE: base, ...proxies },
      labels: { 'slipway.image': 'test/depot', 'slipway.hash': tag },
      rm: true,
      forcerm: true,
    },
  );
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, said: { error?: string }[] | null) => {
      const failed = error?.message ?? said?.find((one) => one.error)?.error;
      if (failed) reject(new Error(`the depot's image could not be made: ${failed}`));
      else resolve();
    });
  });
  return reference;
}
