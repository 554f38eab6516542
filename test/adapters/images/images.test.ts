import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ImageProgress, images } from '#cluster/images/index.ts';
import { upstreamNode } from '#cluster/images/node-sources.ts';
import { ClusterError } from '#cluster/port.ts';
import { imageEngine } from './engine.ts';

let engine: Awaited<ReturnType<typeof imageEngine>>;
let root: string;
let signal: AbortSignal;

beforeEach(async () => {
  engine = await imageEngine();
  signal = AbortSignal.timeout(50_000);
  root = await mkdtemp(join(tmpdir(), 'slipway-images-'));
  await write('images/base/Dockerfile', 'ARG UPSTREAM\nFROM $UPSTREAM\n');
  await write('images/gateway/Dockerfile', 'ARG BASE\nFROM $BASE\nCOPY main.go /\nRUN go build\n');
  await write('images/gateway/main.go', 'package main');
  await write('images/toolbox/Dockerfile', 'ARG BASE\nARG NODE_IMAGE\nFROM $NODE_IMAGE AS node\nFROM $BASE\nRUN true\n');
  await write('images/node/Dockerfile', 'ARG BASE\nFROM $BASE\nARG GOPROXY\nCOPY .host/ca.crt /\nRUN compile\n');
  await write(
    'images/app/image.json',
    JSON.stringify({ images: ['1.0', '1.1'].map((v) => ({ name: `harbour/api:${v}`, title: `api ${v}`, args: { VERSION: v } })) }),
  );
  await write('images/app/Dockerfile', 'ARG BASE\nFROM $BASE\nARG VERSION\nRUN true\n');
});

afterEach(async () => {
  await engine.close();
  await rm(root, { recursive: true });
});

async function write(path: string, content: string) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

const slipway = (env: NodeJS.ProcessEnv = {}) => images(engine.docker, { root, env });

test('an image is built once and then found', async () => {
  const built = await slipway().ensure('gateway', { signal });
  expect(built).toMatchObject({ how: 'built', ref: expect.stringMatching(/^slipway\/gateway:[0-9a-f]{12}$/) });
  const count = engine.builds.length;
  expect(await slipway().ensure('gateway', { signal })).toMatchObject({ how: 'found', ref: built.ref, id: built.id });
  expect(engine.builds).toHaveLength(count);
});

test('a changed file rebuilds its image and no other', async () => {
  const all = slipway();
  await all.ensure('gateway', { signal });
  await all.ensure('harbour/api:1.0', { signal });
  await write('images/gateway/main.go', 'package main // changed');
  expect((await slipway().list(signal)).map(({ name, state }) => `${name} ${state}`)).toEqual([
    'base ready',
    'gateway stale',
    'harbour/api:1.0 ready',
    'harbour/api:1.1 missing',
    'node missing',
    'toolbox missing',
  ]);
  const before = engine.builds.length;
  await slipway().ensure('gateway', { signal });
  expect(engine.builds).toHaveLength(before + 1);
});

test('a name that labs use keeps it, and a rebuild moves it to the new image', async () => {
  const first = await slipway().ensure('harbour/api:1.0', { signal });
  expect(first.ref).toBe('harbour/api:1.0');
  expect(engine.builds.at(-1)?.args).toMatchObject({ VERSION: '1.0' });
  await write('images/app/Dockerfile', 'ARG BASE\nFROM $BASE\nARG VERSION\nRUN false\n');
  const second = await slipway().ensure('harbour/api:1.0', { signal });
  expect(second.how).toBe('built');
  expect(engine.find('harbour/api:1.0')?.id).toBe(second.id);
  expect(engine.find(first.id)).toBeUndefined();
});

test('an interrupted build leaves nothing under the final name, and the next one sweeps what it left', async () => {
  const { ref } = await slipway().ensure('gateway', { signal });
  engine.store.splice(0);
  await slipway().ensure('base', { signal });
  const stop = new AbortController();
  engine.trouble.hangAtStep = 3;
  engine.trouble.hung = () => stop.abort();
  await expect(slipway().ensure('gateway', { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' });
  expect(engine.find(ref)).toBeUndefined();
  expect(engine.store.filter(({ labels }) => labels['slipway.build'] === 'gateway')).not.toHaveLength(0);

  engine.trouble.hangAtStep = 0;
  expect(await slipway().ensure('gateway', { signal })).toMatchObject({ how: 'built', ref });
  expect(engine.store.filter(({ labels, tags }) => labels['slipway.build'] === 'gateway' && tags.size === 0)).toEqual([]);
});

test('a failing step tells its command, its output and what to look at', async () => {
  await slipway().ensure('base', { signal });
  engine.trouble.failAtStep = 4;
  const error = await slipway()
    .ensure('gateway', { signal })
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ClusterError);
  expect(error).toMatchObject({
    code: 'step-failed',
    message: expect.stringContaining('step 4 of'),
    command: 'COPY main.go /',
    output: expect.stringContaining('Could not resolve host'),
    advice: expect.stringContaining('HTTPS_PROXY'),
  });
});

test('progress says which step of how many, and about how long', async () => {
  const seen: ImageProgress[] = [];
  await slipway().ensure('gateway', { signal, report: (progress) => seen.push(progress) });
  expect(seen).toContainEqual({ image: 'gateway', title: 'gateway image', step: 5, of: 5, detail: 'RUN go build', estimateSeconds: 60 });
});

test('two starts at once build once', async () => {
  await slipway().ensure('base', { signal });
  const count = engine.builds.length;
  const both = await Promise.all([slipway().ensure('gateway', { signal }), slipway().ensure('gateway', { signal })]);
  expect(engine.builds).toHaveLength(count + 1);
  expect(both[0].id).toBe(both[1].id);
});

test("the host's proxies and certificates reach a build and change no hash", async () => {
  await write('ca.crt', 'an authority of our own');
  const plain = await slipway().ensure('node', { signal });
  const settings = { SSL_CERT_FILE: join(root, 'ca.crt'), https_proxy: 'http://proxy.test:3128', GOPROXY: 'http://go.test', GOFLAGS: '-v' };
  engine.store.splice(0);
  const behind = await slipway(settings).ensure('node', { signal });
  expect(behind.ref).toBe(plain.ref);
  const build = engine.builds.at(-1);
  expect(build?.files.get('.host/ca.crt')).toBe('an authority of our own');
  expect(build?.args).toMatchObject({ HTTPS_PROXY: 'http://proxy.test:3128', GOPROXY: 'http://go.test' });
  expect(build?.args).not.toHaveProperty('GOFLAGS');
});

test('scenario 15: the node image that a setting names is used, or refused with its reason', async () => {
  engine.add({}, ['mine:1'], ['/usr/local/bin/entrypoint', '/sbin/init']);
  engine.add({}, ['shell:1'], ['/bin/sh']);
  expect(await slipway({ SLIPWAY_NODE_IMAGE: 'mine:1' }).ensure('node', { signal })).toMatchObject({ ref: 'mine:1', how: 'given' });
  await expect(slipway({ SLIPWAY_NODE_IMAGE: 'shell:1' }).ensure('node', { signal })).rejects.toThrow(/no kind node image/);
  engine.add({}, ['arm:1'], ['/usr/local/bin/entrypoint']).architecture = 'arm64';
  await expect(slipway({ SLIPWAY_NODE_IMAGE: 'arm:1' }).ensure('node', { signal })).rejects.toMatchObject({
    code: 'no-image',
    message: expect.stringContaining(
      'arm:1 that SLIPWAY_NODE_IMAGE names cannot be used: it is made for arm64, and this engine runs on amd64',
    ),
    advice: expect.stringContaining('unset SLIPWAY_NODE_IMAGE'),
  });
  await expect(slipway({ SLIPWAY_NODE_IMAGE: 'gone:1' }).ensure('node', { signal })).rejects.toMatchObject({
    code: 'no-image',
    message: expect.stringContaining('SLIPWAY_NODE_IMAGE'),
    command: 'docker pull gone:1',
    output: expect.stringContaining('no such host'),
  });
  expect(engine.builds).toHaveLength(0);
});

test('the stock node image is pulled where a registry answers, and built where none does', async () => {
  engine.registry.add(upstreamNode);
  expect(await slipway().ensure('node', { signal })).toMatchObject({ ref: upstreamNode, how: 'pulled' });
  expect(await slipway().ensure('node', { signal })).toMatchObject({ ref: upstreamNode, how: 'found' });
  engine.store.splice(0);
  engine.registry.delete(upstreamNode);
  expect(await slipway().ensure('node', { signal })).toMatchObject({ how: 'built', ref: expect.stringMatching(/^slipway\/node:/) });
  engine.registry.add(upstreamNode);
  expect(await slipway().ensure('node', { signal })).toMatchObject({ how: 'found', ref: expect.stringMatching(/^slipway\/node:/) });
});

test('a bundle is loaded before anything is pulled or built', async () => {
  const wanted = (await slipway().ensure('node', { signal })).ref;
  const hash = engine.find(wanted)?.labels['slipway.hash'];
  engine.store.splice(0);
  const folder = join(root, 'bundle');
  await write(`bundle/${wanted.replaceAll(/[/:]/g, '_')}.tar`, `${wanted} ${hash}`);
  const [builds, pulls] = [engine.builds.length, engine.pulls.length];
  expect(await slipway({ SLIPWAY_BUNDLE: folder }).ensure('node', { signal })).toMatchObject({ how: 'loaded', ref: wanted });
  expect([engine.builds.length, engine.pulls.length]).toEqual([builds, pulls]);
});

test('a bundle with the stock node image serves too, and the images that stand on it are the same ones', async () => {
  engine.registry.add(upstreamNode);
  const toolbox = await slipway().ensure('toolbox', { signal });
  engine.store.splice(0);
  engine.registry.clear();
  await write('bundle/kindest_node_v1.35.0.tar', 'kindest/node:v1.35.0 -');
  const env = { SLIPWAY_BUNDLE: join(root, 'bundle') };
  expect(await slipway(env).ensure('node', { signal })).toMatchObject({ how: 'loaded', ref: 'kindest/node:v1.35.0' });
  expect((await slipway(env).list(signal)).find(({ name }) => name === 'toolbox')).toMatchObject({ state: 'missing', ref: toolbox.ref });
});

test('pruning takes stale images of ours that nothing uses, and no others', async () => {
  await slipway().ensure('gateway', { signal });
  engine.add({ 'slipway.hash': 'old', 'slipway.image': 'gateway' }, ['slipway/gateway:old']);
  const busy = engine.add({ 'slipway.hash': 'older', 'slipway.image': 'gateway' }, ['slipway/gateway:older']);
  busy.inUse = true;
  engine.add({}, ['postgres:18']);
  expect(await slipway().prune(signal)).toContain('slipway/gateway:old');
  expect(engine.find('slipway/gateway:old')).toBeUndefined();
  expect(engine.find('slipway/gateway:older')).toBeDefined();
  expect(engine.find('postgres:18')).toBeDefined();
  expect(await slipway().ensure('gateway', { signal })).toMatchObject({ how: 'found' });
});

test('pruning leaves the stages of a build that is going on, and does not wait for it', async () => {
  await slipway().ensure('base', { signal });
  const stop = new AbortController();
  const begun = new Promise<void>((resolve) => Object.assign(engine.trouble, { hangAtStep: 3, hung: resolve }));
  const building = slipway().ensure('gateway', { signal: stop.signal });
  building.catch(() => undefined);
  await begun;
  expect(await slipway().prune(signal)).toEqual([]);
  expect(engine.store.filter(({ labels }) => labels['slipway.build'] === 'gateway')).not.toHaveLength(0);
  stop.abort();
  await expect(building).rejects.toMatchObject({ code: 'aborted' });
  expect(await slipway().prune(signal)).toEqual([expect.stringMatching(/^\d+ unfinished stages of gateway$/)]);
});

test('no engine is said as such, and an unknown image names the known ones', async () => {
  await expect(slipway().ensure('worker', { signal })).rejects.toMatchObject({
    code: 'no-image',
    advice: expect.stringContaining('gateway'),
  });
  const { docker } = engine;
  await engine.close();
  await expect(images(docker, { root, env: {} }).ensure('gateway', { signal })).rejects.toMatchObject({ code: 'no-engine' });
  engine = await imageEngine();
  signal = AbortSignal.timeout(50_000);
});

test('a malformed image.json names the file and the field', async () => {
  await write('images/app/image.json', '{"images": [{"name": "Harbour", "title": "x", "colour": "red"}]}');
  await expect(slipway().list(signal)).rejects.toMatchObject({
    message: expect.stringContaining('images/app/image.json'),
    output: expect.stringMatching(/colour[\s\S]*name/),
  });
});
