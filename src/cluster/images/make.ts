import { createReadStream } from 'node:fs';
import type Dockerode from 'dockerode';
import { ClusterError } from '#cluster/port.ts';
import { buildImage } from './build-image.ts';
import type { ImageDefinition } from './catalogue.ts';
import { importDebian, suite } from './debian.ts';
import { engineFailure, messageOf } from './failure.ts';
import { hostSettings } from './host.ts';
import { contextFiles } from './inputs.ts';
import { exclusively } from './lock.ts';
import { findInBundle, givenNode, inspect, upstreamAtHand, upstreamNode, upstreamNodeImage } from './node-sources.ts';
import type { Plan, Planner } from './plan.ts';
import { engineMessages, type Report } from './progress.ts';
import { pull } from './pull.ts';
import type { Environment, Options, ReadyImage } from './types.ts';

type Tell = (detail: string) => void;

/** Makes sure of images: the first that works of found, loaded from a bundle, pulled (the node image) and built. */
export function maker(docker: Dockerode, env: Environment, plans: Planner): (name: string, options: Options) => Promise<ReadyImage> {
  async function ensure(name: string, options: Options): Promise<ReadyImage> {
    try {
      return await ensureImage(await plans.definition(name), options);
    } catch (error) {
      throw engineFailure(`Making the image ${name}`, error, options.signal);
    }
  }

  async function ensureImage(image: ImageDefinition, options: Options): Promise<ReadyImage> {
    const { signal } = options;
    const tell = teller(image, options.report);
    const given = image.name === 'node' ? env['SLIPWAY_NODE_IMAGE'] : undefined;
    if (given) return await givenNode(docker, given, tell, signal);
    const planned = await certainPlan(image, options);
    const found = await plans.fresh(planned, signal);
    if (found) return found;
    const waiting = () => tell('another process is making it; waiting');
    return await exclusively(image.name, signal, waiting, async () => {
      const there = (await plans.fresh(planned, signal)) ?? (await loaded(planned.ref, tell, signal, () => plans.fresh(planned, signal)));
      if (there) return there;
      return (image.name === 'node' ? await upstream(tell, signal) : null) ?? (await built(planned, options));
    });
  }

  async function certainPlan(image: ImageDefinition, options: Options): Promise<Plan> {
    const planned = await plans.plan(image, options.signal);
    if (planned) return planned;
    await ensure('node', options);
    const second = await plans.plan(image, options.signal);
    if (!second) throw new ClusterError('no-image', `The node image that ${image.name} stands on went away while it was being made.`);
    return second;
  }

  async function upstream(tell: Tell, signal: AbortSignal): Promise<ReadyImage | null> {
    const bundled = await loaded(upstreamNode, tell, signal, () => upstreamAtHand(docker, signal));
    return bundled ?? (await upstreamNodeImage(docker, true, tell, signal));
  }

  /** An image from the bundle, when that has it and `find` finds it in the engine afterwards. */
  async function loaded(ref: string, tell: Tell, signal: AbortSignal, find: () => Promise<ReadyImage | null>): Promise<ReadyImage | null> {
    const path = await findInBundle(env['SLIPWAY_BUNDLE'], ref);
    if (!path) return null;
    tell(`loading ${path}`);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(20 * 60_000)]);
    const stream = await docker.loadImage(createReadStream(path), { abortSignal: limit });
    for await (const message of engineMessages(stream)) if (message.error !== undefined) throw new Error(message.error);
    const ready = await find();
    if (!ready) tell(`${path} holds another image than ${ref}, so it is passed over`);
    return ready && { ...ready, how: 'loaded' };
  }

  async function built({ image, hash, ref }: Plan, options: Options): Promise<ReadyImage> {
    const tell = teller(image, options.report);
    const from: Record<string, string> = {};
    for (const [argument, name] of Object.entries(image.from)) from[argument] = (await ensure(name, options)).ref;
    // Ten times the estimate: a slow machine is let finish, a build that hangs is not.
    const limit = AbortSignal.any([options.signal, AbortSignal.timeout(Math.max(1200, image.seconds * 10) * 1000)]);
    try {
      if (image.name === 'base') from['UPSTREAM'] = await debian(tell, limit);
      const [files, host] = await Promise.all([contextFiles(image.folder), hostSettings(env)]);
      const id = await buildImage(docker, { image, hash, reference: ref, files, from, host }, options.report ?? (() => undefined), limit);
      return { ref, id, how: 'built', identity: hash };
    } catch (error) {
      throw engineFailure(`Making the image ${image.name}`, error, limit);
    }
  }

  /** Debian's slim image, from the engine, from its registry, or made from packages. */
  async function debian(tell: Tell, signal: AbortSignal): Promise<string> {
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

  return ensure;
}

function teller(image: ImageDefinition, report: Report | undefined): Tell {
  return (detail) => report?.({ image: image.name, title: image.title, step: 0, of: 0, detail, estimateSeconds: image.seconds });
}
