import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Dockerode from 'dockerode';
import { WebSocket } from 'ws';
import { images } from '#cluster/images/index.ts';
import type { SessionView } from '#runtime/hub.ts';
import { follow, type Site, site } from '../test/acceptance/site.ts';
import type { BenchOptions } from './bench-lab.ts';
import { ofPairs } from './figure.ts';

const run = promisify(execFile);
const lab = '04-state-inside';
const docker = new Dockerode();

/**
 * A lab's start beside `kind create cluster --wait` with the same node image, in turn in one run: milliseconds, and the ratio of
 * the prompt to kind. Needs a built site and the stock kind CLI.
 */
export async function measure({ root, say, pairs = 5 }: BenchOptions) {
  const node = await images(docker, { root }).ensure('node', { signal: AbortSignal.timeout(60_000) });
  const here = await site();
  const rounds: { ready: number; prompt: number; memoryMiB: number; kind: number }[] = [];
  try {
    await here.start();
    await oneLab(here); // The first start also makes what later ones find.
    for (let pair = 0; pair < pairs; pair++) {
      const first = pair % 2 === 0;
      const early = first ? await oneLab(here) : undefined;
      const kind = await oneKind(node.ref);
      const ours = early ?? (await oneLab(here));
      rounds.push({ ...ours, kind });
      say(`pair ${pair + 1}: ready ${ours.ready} ms, prompt ${ours.prompt} ms, kind ${kind} ms`);
    }
  } finally {
    await here.close();
  }
  const sides = rounds.map(({ prompt, kind: peer }) => ({ ours: prompt, peer }));
  const what = 'a lab from click to prompt beside `kind create cluster --wait`';
  return { figures: [ofPairs({ name: 'P1', what, unit: 'ms', bar: null }, sides)], details: { image: node.ref, rounds } };
}

/** One lab from click to prompt, then ended; milliseconds, and the memory its containers hold. */
async function oneLab(here: Site) {
  const began = performance.now();
  const started = await here.call('POST', `/api/labs/${lab}/start`);
  const { session } = started.body as { session: SessionView };
  const state = await follow(
    here,
    session.id,
    (event) => (event.type === 'session' && event.data.state !== 'starting' ? event.data : undefined),
    300,
  );
  if (state.state !== 'ready') throw new Error(`the lab is ${state.state}: ${JSON.stringify(state.reason)}`);
  const ready = Math.round(performance.now() - began);
  await promptOf(here, session.id);
  const prompt = Math.round(performance.now() - began);
  const memoryMiB = await memoryOf(here.instance);
  await here.call('POST', `/api/sessions/${session.id}/end`);
  await follow(here, session.id, (event) => (event.type === 'session' && event.data.state === 'ended' ? true : undefined), 120);
  return { ready, prompt, memoryMiB };
}

async function promptOf(here: Site, session: string): Promise<void> {
  const socket = new WebSocket(`${here.origin.replace('http', 'ws')}/ws/sessions/${session}/shells/1`, {
    headers: { cookie: await here.cookie() },
    origin: here.origin,
  });
  await new Promise<void>((resolve, reject) => {
    let seen = '';
    socket.on('message', (data: Buffer, binary) => {
      if (!binary) return;
      seen += data.subarray(8).toString('utf8');
      if (seen.includes('$ ')) resolve();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the shell closed before its prompt')));
  });
  socket.close();
}

async function memoryOf(instance: string): Promise<number> {
  const filters = JSON.stringify({ label: [`slipway.instance=${instance}`] });
  const containers = await docker.listContainers({ filters });
  const stats = await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).stats({ stream: false })));
  const used = stats.map(({ memory_stats: { usage = 0, stats } }) => {
    const details = stats as unknown as Record<string, number> | undefined;
    return usage - (details?.['total_inactive_file'] ?? details?.['inactive_file'] ?? 0);
  });
  return Math.round(used.reduce((sum, bytes) => sum + bytes, 0) / 1024 ** 2);
}

/** One `kind create cluster --wait` and its removal; the milliseconds of the first. */
async function oneKind(image: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kind-'));
  const config = join(folder, 'kind.yaml');
  const name = 'slipway-bench-peer';
  const patch = 'kind: KubeletConfiguration\n  apiVersion: kubelet.config.k8s.io/v1beta1\n  failCgroupV1: false';
  await writeFile(config, `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches:\n- |\n  ${patch}\n`);
  const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') };
  try {
    const began = performance.now();
    await run('kind', ['create', 'cluster', '--name', name, '--image', image, '--config', config, '--wait', '5m'], { env });
    return Math.round(performance.now() - began);
  } finally {
    await run('kind', ['delete', 'cluster', '--name', name], { env });
    await rm(folder, { recursive: true, force: true });
  }
}
