import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { ClusterError } from '#cluster/port.ts';
import { buildImage, removeUnused, sweepStages } from './build-image.ts';
import { type ImageDefinition, readCatalogue, referenceOf } from './catalogue.ts';
import { label } from './context.ts';
import { importDebian, suite } from './debian.ts';
import { engineFailure, messageOf } from './failure.ts';
import { hostSettings } from './host.ts';
import { contextFiles, inputHash } from './inputs.ts';
import { exclusively } from './lock.ts';
import { bundleFile, findInBundle, givenNode, inspect, type ReadyImage, upstreamNodeImage } from './node-sources.ts';
import { engineMessages, type ImageProgress, type Report } from './progress.ts';
import { pull } from './pull.ts';
import { within } from './within.ts';

export type { ImageProgress, ReadyImage, Report };

export interface ImageStatus {
  name: string;
  title: string;
  /** `stale`: there is one, of other inputs. */
  state: 'ready' | 'stale' | 'missing';
  /** The reference it has or would get; null while it depends on a node image that is not there yet. */
  ref: string | null;
  id: string | null;
  sizeBytes: number | null;
  estimateSeconds: number;
}

export interface Options {
  report?: Report;
  signal: AbortSignal;
}

/** The images Slipway needs: made from `images/` where they are missing or stale, found where they are not. */
export interface Images {
  list(signal: AbortSignal): Promise<readonly ImageStatus[]>;
  /** Makes sure of one image (`node`, `toolbox`, `harbour/api:1.0`, …) and of those it stands on. Throws `ClusterError`. */
  ensure(name: string, options: Options): Promise<ReadyImage>;
  /** Makes sure of all of them. */
  buildAll(options: Options): Promise<readonly ReadyImage[]>;
  /** Removes images and stages of ours that no definition stands behind any longer and nothing uses; answers their names. */
  prune(signal: AbortSignal): Promise<readonly string[]>;
  /** Writes all images as tars into a folder that SLIPWAY_BUNDLE may name elsewhere. */
  bundle(folder: string, options: Options): Promise<readonly string[]>;
}

interface Plan {
  image: ImageDefinition;
  hash: string;
  ref: string;
}

/** `root` is the folder that holds `images/`; `env` is read for SLIPWAY_NODE_IMAGE, SLIPWAY_BUNDLE, proxies and certificates. */
export function images(docker: Dockerode, { root, env = process.env }: { root: string; env?: NodeJS.ProcessEnv }): Images {
  const catalogue = readCatalogue(root);
  // A caller that never asks for an image is not told that the catalogue is malformed; the first that does is.
  catalogue.catch(() => undefined);
  let architecture: string | undefined;

  async function definition(name: string): Promise<ImageDefinition> {
    const all = await catalogue;
    const found = all.find((image) => image.name === name);
    if (found) return found;
    const known = all.filter((image) => !image.internal).map((image) => image.name);
    throw new ClusterError('no-image', `There is no image called ${name}.`, { advice: `The images are ${known.join(', ')}.` });
  }

  /** What an image would be; null while it stands on a node image that is not there. */
  async function plan(image: ImageDefinition, signal: AbortSignal): Promise<Plan | null> {
    const from: Record<string, string> = {};
    for (const [argument, name] of Object.entries(image.from)) {
      const identity = name === 'node' ? (await nodeAtHand(signal))?.identity : (await plan(await definition(name), signal))?.hash;
      if (identity === undefined) return null;
      from[argument] = identity;
    }
    architecture ??= (await within(signal, docker.version())).Arch;
    const hash = inputHash(image, await contextFiles(image.folder), from, architecture);
    return { image, hash, ref: referenceOf(image.name, hash) };
  }

  async function certainPlan(image: ImageDefinition, options: Options): Promise<Plan> {
    const planned = await plan(image, options.signal);
    if (planned) return planned;
    await ensure('node', options);
    const second = await plan(image, options.signal);
    if (!second) throw new ClusterError('no-image', `The node image that ${image.name} stands on went away while it was being made.`);
    return second;
  }

  async function fresh({ ref, hash }: Plan, signal: AbortSignal): Promise<ReadyImage | null> {
    const info = await inspect(docker, ref, signal);
    if (info?.Config.Labels?.[label.hash] !== hash) return null;
    return { ref, id: info.Id, how: 'found', identity: hash };
  }

  /** The node image there is without making or fetching one, by the same order as `ensure('node')`. */
  async function nodeAtHand(signal: AbortSignal): Promise<ReadyImage | null> {
    const given = env['SLIPWAY_NODE_IMAGE'];
    if (given) return await givenNode(docker, given, () => undefined, signal);
    const planned = await plan(await definition('node'), signal);
    return (planned && (await fresh(planned, signal))) ?? (await upstreamNodeImage(docker, false, () => undefined, signal));
  }

  async function ensure(name: string, options: Options): Promise<ReadyImage> {
    const image = await definition(name);
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(Math.max(1200, image.seconds * 10) * 1000)]);
    try {
      return await ensureWithin(image, { ...options, signal: limit });
    } catch (error) {
      throw engineFailure(`Making the image ${name}`, error, limit);
    }
  }

  async function ensureWithin(image: ImageDefinition, options: Options): Promise<ReadyImage> {
    const { signal } = options;
    const tell = teller(image, options.report);
    const given = image.name === 'node' ? env['SLIPWAY_NODE_IMAGE'] : undefined;
    if (given) return await givenNode(docker, given, tell, signal);
    const before = await certainPlan(image, options);
    const found = await fresh(before, signal);
    if (found) return found;
    return await exclusively(
      image.name,
      signal,
      () => tell('another process is making it; waiting'),
      async () => {
        const made = (await fresh(before, signal)) ?? (await loadFromBundle(before, tell, signal));
        if (made) return made;
        if (image.name === 'node') {
          const upstream = await upstreamNodeImage(docker, true, tell, signal);
          if (upstream) return upstream;
        }
        return await build(before, options);
      },
    );
  }

  async function loadFromBundle(planned: Plan, tell: (detail: string) => void, signal: AbortSignal): Promise<ReadyImage | null> {
    const path = await findInBundle(env['SLIPWAY_BUNDLE'], planned.ref);
    if (!path) return null;
    tell(`loading ${path}`);
    const stream = await docker.loadImage(createReadStream(path), { abortSignal: signal });
    for await (const message of engineMessages(stream)) if (message.error !== undefined) throw new Error(message.error);
    const loaded = await fresh(planned, signal);
    if (!loaded) tell(`${path} holds another image than ${planned.ref}, so it is made here`);
    return loaded && { ...loaded, how: 'loaded' };
  }

  async function build({ image, hash, ref }: Plan, options: Options): Promise<ReadyImage> {
    const { signal } = options;
    const tell = teller(image, options.report);
    const from: Record<string, string> = {};
    for (const [argument, name] of Object.entries(image.from)) from[argument] = (await ensure(name, options)).ref;
    if (image.name === 'base') from['UPSTREAM'] = await debian(tell, signal);
    const [files, host] = await Promise.all([contextFiles(image.folder), hostSettings(env)]);
    const id = await buildImage(docker, { image, hash, reference: ref, files, from, host }, options.report ?? (() => undefined), signal);
    return { ref, id, how: 'built', identity: hash };
  }

  /** Debian's slim image, from the engine, from its registry, or made from packages. */
  async function debian(tell: (detail: string) => void, signal: AbortSignal): Promise<string> {
    const reference = `debian:${suite}-slim`;
    if (await inspect(docker, reference, signal)) return reference;
    try {
      await pull(docker, reference, tell, signal);
      return reference;
    } catch (error) {
      signal.throwIfAborted();
      tell(`${reference} cannot be pulled (${messageOf(error)}), so it is made from packages`);
      return await importDebian(docker, tell, signal);
    }
  }

  async function status(image: ImageDefinition, signal: AbortSignal): Promise<ImageStatus> {
    const common = { name: image.name, title: image.title, estimateSeconds: image.seconds };
    const ready = image.name === 'node' ? await nodeAtHand(signal) : null;
    const planned = ready ? null : await plan(image, signal);
    const current = ready ?? (planned && (await fresh(planned, signal)));
    if (current) {
      const info = await inspect(docker, current.ref, signal);
      return { ...common, state: 'ready', ref: current.ref, id: current.id, sizeBytes: info?.Size ?? null };
    }
    const others = await docker.listImages({ filters: JSON.stringify({ label: [`${label.image}=${image.name}`] }), abortSignal: signal });
    return { ...common, state: others.length > 0 ? 'stale' : 'missing', ref: planned?.ref ?? null, id: null, sizeBytes: null };
  }

  async function list(signal: AbortSignal): Promise<readonly ImageStatus[]> {
    try {
      const shown = (await catalogue).filter((image) => !image.internal);
      return await Promise.all(shown.map((image) => status(image, signal)));
    } catch (error) {
      throw engineFailure('Listing the images', error, signal);
    }
  }

  async function buildAll(options: Options): Promise<readonly ReadyImage[]> {
    const ready: ReadyImage[] = [];
    for (const image of await catalogue) if (!image.internal) ready.push(await ensure(image.name, options));
    return ready;
  }

  async function prune(signal: AbortSignal): Promise<readonly string[]> {
    try {
      const plans = await Promise.all((await catalogue).map((image) => plan(image, signal)));
      const current = new Set(plans.map((planned) => planned?.hash));
      const unknown = new Set((await catalogue).filter((_, index) => !plans[index]).map((image) => image.name));
      const ours = await docker.listImages({ filters: JSON.stringify({ label: [label.hash] }), abortSignal: signal });
      const removed: string[] = [];
      for (const image of ours) {
        const name = image.Labels?.[label.image] ?? '';
        if (current.has(image.Labels?.[label.hash]) || unknown.has(name)) continue;
        const references = image.RepoTags?.filter((tag) => tag !== '<none>:<none>') ?? [];
        for (const reference of references.length > 0 ? references : [image.Id]) {
          if (await removeUnused(docker, reference, signal)) removed.push(reference);
        }
      }
      for (const { name } of await catalogue) {
        const stages = await exclusively(
          name,
          signal,
          () => undefined,
          () => sweepStages(docker, name, signal),
        );
        if (stages > 0) removed.push(`${stages} unfinished stages of ${name}`);
      }
      return removed;
    } catch (error) {
      throw engineFailure('Pruning the images', error, signal);
    }
  }

  async function bundle(folder: string, options: Options): Promise<readonly string[]> {
    await mkdir(folder, { recursive: true });
    const written: string[] = [];
    for (const image of [...(await buildAll(options)), await ensure('base', options)]) {
      const path = join(folder, bundleFile(image.ref));
      const part = `${path}.part`;
      try {
        await pipeline(await within(options.signal, docker.getImage(image.ref).get()), createWriteStream(part), { signal: options.signal });
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw engineFailure(`Writing ${path}`, error, options.signal);
      }
      written.push(path);
    }
    return written;
  }

  return { list, ensure, buildAll, prune, bundle };
}

function teller(image: ImageDefinition, report: Report | undefined): (detail: string) => void {
  return (detail) => report?.({ image: image.name, title: image.title, step: 0, of: 0, detail, estimateSeconds: image.seconds });
}
