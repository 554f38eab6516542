import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Dockerode from 'dockerode';
import { extract } from 'tar-stream';

interface FakeImage {
  id: string;
  tags: Set<string>;
  labels: Record<string, string>;
  entrypoint: string[];
  architecture: string;
  inUse: boolean;
}

interface Build {
  args: Record<string, string>;
  files: Map<string, string>;
}

/** A small program that speaks the image part of the Engine API on a unix socket. */
export async function imageEngine() {
  const store: FakeImage[] = [];
  const builds: Build[] = [];
  const pulls: string[] = [];
  /** References that the "registry" has. Everything else cannot be looked up. */
  const registry = new Set<string>(['debian:trixie-slim']);
  const trouble = { hangAtStep: 0, failAtStep: 0, hung: () => undefined as unknown };
  let made = 0;

  const find = (name: string) => store.find((image) => image.id === name || image.tags.has(name));
  function add(labels: Record<string, string>, tags: string[], entrypoint: string[] = []): FakeImage {
    made += 1;
    const image = {
      id: `sha256:${createHash('sha256').update(String(made)).digest('hex')}`,
      tags: new Set(tags),
      labels,
      entrypoint,
      architecture: 'amd64',
      inUse: false,
    };
    store.push(image);
    return image;
  }
  function tag(image: FakeImage, reference: string) {
    for (const other of store) other.tags.delete(reference);
    image.tags.add(reference);
  }

  async function build(request: IncomingMessage, url: URL, response: ServerResponse) {
    const files = await untar(request);
    const args = JSON.parse(url.searchParams.get('buildargs') ?? '{}') as Record<string, string>;
    builds.push({ args, files });
    const commands = (files.get('Dockerfile') ?? '').split('\n').filter((line) => /^[A-Z]+ /.test(line));
    const stageLabel = /LABEL (slipway\.build)="(.*)"/.exec(commands.join('\n'));
    const labels = JSON.parse(url.searchParams.get('labels') ?? '{}') as Record<string, string>;
    if (stageLabel) labels['slipway.build'] = stageLabel[2] ?? '';
    for (const [index, command] of commands.entries()) {
      response.write(`${JSON.stringify({ stream: `Step ${index + 1}/${commands.length} : ${command}\n` })}\n`);
      if (stageLabel) add({ 'slipway.build': stageLabel[2] ?? '' }, []);
      if (trouble.hangAtStep === index + 1) {
        trouble.hung();
        return;
      }
      if (trouble.failAtStep === index + 1) {
        response.write(`${JSON.stringify({ stream: 'E: Could not resolve host deb.debian.org\n' })}\n`);
        response.end(`${JSON.stringify({ error: `The command '${command}' returned a non-zero code: 100` })}\n`);
        return;
      }
    }
    response.end(`${JSON.stringify({ aux: { ID: add(labels, []).id } })}\n`);
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://engine');
    const path = decodeURIComponent(url.pathname);
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const image = find(path.replace(/^\/images\//, '').replace(/\/(json|tag)$/, ''));
    if (path === '/version') return json(200, { Arch: 'amd64', Version: '26.1.5' });
    if (path === '/build') return await build(request, url, response);
    if (path === '/images/json') {
      const filters = JSON.parse(url.searchParams.get('filters') ?? '{}') as { dangling?: string[]; label?: string[] };
      const wanted = store.filter(
        ({ tags, labels }) =>
          (!filters.dangling || tags.size === 0) &&
          (filters.label ?? []).every((each) =>
            each.includes('=') ? `${each.split('=')[0]}=${labels[each.split('=')[0] ?? '']}` === each : each in labels,
          ),
      );
      return json(
        200,
        wanted.map(({ id, tags, labels }) => ({ Id: id, RepoTags: [...tags], Labels: labels })),
      );
    }
    if (path === '/images/create') {
      const reference = [url.searchParams.get('fromImage'), url.searchParams.get('tag')]
        .filter(Boolean)
        .join(url.searchParams.get('tag')?.startsWith('sha256') ? '@' : ':');
      pulls.push(reference);
      if (!registry.has(reference)) return json(500, { message: `Get "https://registry/v2/": dial tcp: lookup registry: no such host` });
      add({}, [reference], ['/usr/local/bin/entrypoint', '/sbin/init']);
      return json(200, { status: 'Pull complete' });
    }
    if (path === '/images/load') {
      const [reference = '', hash = ''] = (await text(request)).split(' ');
      tag(add({ 'slipway.hash': hash }, []), reference);
      return json(200, { stream: `Loaded image: ${reference}` });
    }
    if (!image) return json(404, { message: `No such image: ${path}` });
    if (path.endsWith('/json'))
      return json(200, {
        Id: image.id,
        Size: 1,
        Architecture: image.architecture,
        Config: { Labels: image.labels, Entrypoint: image.entrypoint },
      });
    if (path.endsWith('/tag')) {
      tag(image, `${url.searchParams.get('repo')}:${url.searchParams.get('tag')}`);
      return response.writeHead(201).end();
    }
    if (image.inUse) return json(409, { message: 'image is being used by running container' });
    const reference = path.replace(/^\/images\//, '');
    image.tags.delete(reference);
    if (image.tags.size === 0) store.splice(store.indexOf(image), 1);
    return json(200, []);
  }

  const folder = await mkdtemp(join(tmpdir(), 'slipway-engine-'));
  const socketPath = join(folder, 'engine.sock');
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(JSON.stringify({ message: String(error) })));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    docker: new Dockerode({ socketPath }),
    store,
    builds,
    pulls,
    registry,
    trouble,
    add,
    find,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

async function untar(request: IncomingMessage): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const unpacking = extract();
  request.pipe(unpacking);
  for await (const entry of unpacking) files.set(entry.header.name, await text(entry));
  return files;
}
