import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { removeUnused, splitReference, sweepStages } from './build-image.ts';
import type { ImageDefinition } from './catalogue.ts';
import { label } from './context.ts';
import { engineFailure } from './failure.ts';
import { exclusively } from './lock.ts';
import { bundleFile, inspect, tagOf } from './node-sources.ts';
import type { Planner } from './plan.ts';
import type { ImageStatus, Options, ReadyImage } from './types.ts';
import { within } from './within.ts';

/** How every image stands that somebody may ask for. */
export async function listImages(docker: Dockerode, plans: Planner, signal: AbortSignal): Promise<readonly ImageStatus[]> {
  const shown = (await plans.catalogue()).filter((image) => !image.internal);
  return await Promise.all(shown.map((image) => status(docker, plans, image, signal)));
}

async function status(docker: Dockerode, plans: Planner, image: ImageDefinition, signal: AbortSignal): Promise<ImageStatus> {
  const { name, title } = image;
  const node = name === 'node' ? await plans.nodeAtHand(signal) : null;
  const planned = node ? null : await plans.plan(image, signal);
  const ready = node ?? (planned && (await plans.fresh(planned, signal)));
  const estimateSeconds = ready ? image.seconds : await estimate(plans, image, signal);
  if (ready) {
    const info = await inspect(docker, ready.ref, signal);
    return { name, title, state: 'ready', ref: ready.ref, id: ready.id, sizeBytes: info?.Size ?? null, estimateSeconds };
  }
  const filters = JSON.stringify({ label: [`${label.image}=${name}`] });
  const others = (await docker.listImages({ filters, abortSignal: signal })).filter((other) => (other.RepoTags ?? []).length > 0);
  const state = others.length > 0 ? 'stale' : 'missing';
  return { name, title, state, ref: planned?.ref ?? null, id: null, sizeBytes: null, estimateSeconds };
}

/** Its own time and that of the steps on the way to it that are still to be made. */
async function estimate(plans: Planner, image: ImageDefinition, signal: AbortSignal): Promise<number> {
  let seconds = image.seconds;
  for (const name of Object.values(image.from)) {
    const step = await plans.definition(name);
    if (!step.internal) continue;
    const planned = await plans.plan(step, signal);
    if (!planned || !(await plans.fresh(planned, signal))) seconds += await estimate(plans, step, signal);
  }
  return seconds;
}

/** Removes tagged images of other inputs and the remains of builds, as far as nothing uses them. */
export async function pruneImages(docker: Dockerode, plans: Planner, signal: AbortSignal): Promise<readonly string[]> {
  const catalogue = await plans.catalogue();
  const current = new Set<string>();
  const undecided = new Set<string>();
  for (const image of catalogue) {
    const planned = await plans.plan(image, signal);
    if (planned) current.add(planned.hash);
    else undecided.add(image.name);
  }
  const removed: string[] = [];
  for (const image of await docker.listImages({ filters: JSON.stringify({ label: [label.hash] }), abortSignal: signal })) {
    const labels = image.Labels ?? {};
    if (current.has(labels[label.hash] ?? '') || undecided.has(labels[label.image] ?? '')) continue;
    for (const reference of (image.RepoTags ?? []).filter((tag) => !tag.startsWith('<none>'))) {
      if (await removeUnused(docker, reference, signal)) removed.push(reference);
    }
  }
  for (const { name } of catalogue) {
    const stages = await sweepUnlessBusy(docker, name, signal);
    if (stages > 0) removed.push(`${stages} unfinished stages of ${name}`);
  }
  return removed;
}

/** The stages of an image that is being built at this moment are its build's. */
async function sweepUnlessBusy(docker: Dockerode, name: string, signal: AbortSignal): Promise<number> {
  const busy = new AbortController();
  try {
    const either = AbortSignal.any([signal, busy.signal]);
    return await exclusively(
      name,
      either,
      () => busy.abort(),
      () => sweepStages(docker, name, signal),
    );
  } catch (error) {
    if (busy.signal.aborted && !signal.aborted) return 0;
    throw error;
  }
}

/** Writes images as tars, each whole or not at all. */
export async function writeBundle(docker: Dockerode, ready: readonly ReadyImage[], folder: string, { signal }: Options): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const { ref } of ready) {
    const path = join(folder, bundleFile(ref));
    const part = `${path}.part`;
    try {
      const [repo, tag] = splitReference(tagOf(ref));
      if (ref.includes('@')) await docker.getImage(ref).tag({ repo, tag, abortSignal: signal });
      await pipeline(await within(signal, docker.getImage(tagOf(ref)).get()), createWriteStream(part), { signal });
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw engineFailure(`Writing ${path}`, error, signal);
    }
    written.push(path);
  }
  return written;
}
