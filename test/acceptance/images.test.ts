import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Dockerode from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { images } from '#cluster/images/index.ts';

const docker = new Dockerode();
const repository = process.cwd();
const name = `interrupted-${process.pid}`;
let root: string;

beforeAll(async () => {
  const base = await images(docker, { root: repository }).ensure('base', { signal: AbortSignal.timeout(300_000) });
  root = await mkdtemp(join(tmpdir(), 'slipway-images-'));
  const folder = join(root, 'images', name);
  await mkdir(folder, { recursive: true });
  // A setting of the host's is no part of the hash: the same image can be made slow for one process and quick for the next.
  await writeFile(
    join(folder, 'Dockerfile'),
    `FROM ${base.ref}\nARG GOFLAGS\nRUN [ "$GOFLAGS" = -quick ] || { echo waiting; sleep 600; }\n`,
  );
});

afterAll(async () => {
  for (const image of await ours()) await docker.getImage(image.Id).remove({ force: true });
  await rm(root, { recursive: true });
});

const ours = () => docker.listImages({ filters: JSON.stringify({ label: [`slipway.build=${name}`] }) });
const named = async () => (await ours()).flatMap((image) => image.RepoTags ?? []);
const building = async () => (await docker.listContainers({ all: true })).filter((container) => container.Command.includes('= -quick ]'));

test('a build whose process is killed leaves no image under its name and no container, and the next one is not held up', async () => {
  const index = pathToFileURL(join(repository, 'src/cluster/images/index.ts')).href;
  const dockerode = pathToFileURL(join(repository, 'node_modules/dockerode/lib/docker.js')).href;
  const script = `
    import Dockerode from ${JSON.stringify(dockerode)};
    import { images } from ${JSON.stringify(index)};
    await images(new Dockerode(), { root: ${JSON.stringify(root)}, env: { GOFLAGS: '-slow' } })
      .ensure(${JSON.stringify(name)}, { signal: AbortSignal.timeout(300000), report: ({ detail }) => console.log(detail) });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout) if (String(chunk).includes('waiting')) break;
  child.kill('SIGKILL');
  await once(child, 'exit');

  await expect.poll(building, { timeout: 60_000 }).toEqual([]);
  expect(await named()).toEqual([]);

  const again = images(docker, { root, env: { GOFLAGS: '-quick' } });
  const built = await again.ensure(name, { signal: AbortSignal.timeout(120_000) });
  expect(built.how).toBe('built');
  expect(await named()).toEqual([built.ref]);
  expect(await again.ensure(name, { signal: AbortSignal.timeout(10_000) })).toMatchObject({ how: 'found', id: built.id });
});

test('a bundle written here is what another machine loads instead of building', async () => {
  const signal = AbortSignal.timeout(120_000);
  const here = images(docker, { root, env: { GOFLAGS: '-quick' } });
  const { ref, id } = await here.ensure(name, { signal });
  const bundle = join(root, 'bundle');
  expect(await here.bundle(bundle, { signal })).toEqual([join(bundle, `${ref.replaceAll(/[/:]/g, '_')}.tar`)]);
  await docker.getImage(ref).remove();
  const there = images(docker, { root, env: { SLIPWAY_BUNDLE: bundle } });
  expect(await there.ensure(name, { signal })).toMatchObject({ how: 'loaded', ref, id });
});
