import type Dockerode from 'dockerode';
import { ClusterError } from '#cluster/port.ts';
import { type ImageDefinition, readCatalogue, referenceOf } from './catalogue.ts';
import { label } from './context.ts';
import { contextFiles, inputHash } from './inputs.ts';
import { givenNode, inspect, upstreamNodeImage } from './node-sources.ts';
import type { Environment, ReadyImage } from './types.ts';
import { within } from './within.ts';

/** What an image is to become, decided by its inputs alone. */
export interface Plan {
  image: ImageDefinition;
  hash: string;
  ref: string;
}

export interface Planner {
  catalogue(): Promise<readonly ImageDefinition[]>;
  definition(name: string): Promise<ImageDefinition>;
  /** Null while the image stands on a node image that is not there. */
  plan(image: ImageDefinition, signal: AbortSignal): Promise<Plan | null>;
  /** The engine's image of a plan, when it was made from the same inputs. */
  fresh(plan: Plan, signal: AbortSignal): Promise<ReadyImage | null>;
  /** The node image there is without making one, by the order of `ensure('node')`. */
  nodeAtHand(signal: AbortSignal): Promise<ReadyImage | null>;
}

/** Plans over the folders of `root/images` and what the engine has. */
export function planner(docker: Dockerode, root: string, env: Environment): Planner {
  let architecture: string | undefined;

  async function definition(name: string): Promise<ImageDefinition> {
    const all = await readCatalogue(root);
    const found = all.find((image) => image.name === name);
    if (found) return found;
    const known = all.filter((image) => !image.internal).map((image) => image.name);
    throw new ClusterError('no-image', `There is no image called ${name}.`, { advice: `The images are ${known.join(', ')}.` });
  }

  async function identity(name: string, signal: AbortSignal): Promise<string | undefined> {
    if (name === 'node') return (await nodeAtHand(signal))?.identity;
    return (await plan(await definition(name), signal))?.hash;
  }

  async function plan(image: ImageDefinition, signal: AbortSignal): Promise<Plan | null> {
    const from: Record<string, string> = {};
    for (const [argument, name] of Object.entries(image.from)) {
      const known = await identity(name, signal);
      if (known === undefined) return null;
      from[argument] = known;
    }
    architecture ??= (await within(signal, docker.version())).Arch;
    const hash = inputHash(image, await contextFiles(image.folder), from, architecture);
    return { image, hash, ref: referenceOf(image.name, hash) };
  }

  async function fresh({ ref, hash }: Plan, signal: AbortSignal): Promise<ReadyImage | null> {
    const info = await inspect(docker, ref, signal);
    if (info?.Config.Labels?.[label.hash] !== hash) return null;
    return { ref, id: info.Id, how: 'found', identity: hash };
  }

  async function nodeAtHand(signal: AbortSignal): Promise<ReadyImage | null> {
    const given = env['SLIPWAY_NODE_IMAGE'];
    if (given) return await givenNode(docker, given, () => undefined, signal);
    const planned = await plan(await definition('node'), signal);
    return (planned && (await fresh(planned, signal))) ?? (await upstreamNodeImage(docker, false, () => undefined, signal));
  }

  return { catalogue: () => readCatalogue(root), definition, plan, fresh, nodeAtHand };
}
