import type Dockerode from 'dockerode';
import { engineFailure } from './failure.ts';
import { listImages, pruneImages, writeBundle } from './keep.ts';
import { maker } from './make.ts';
import { planner } from './plan.ts';
import type { Environment, Images, Options, ReadyImage } from './types.ts';

export type { ImageProgress, Report } from './progress.ts';
export type { ImageStatus, Images, Options, ReadyImage } from './types.ts';

/** `root` is the folder that holds `images/`; `env` is read for SLIPWAY_NODE_IMAGE, SLIPWAY_BUNDLE, proxies and certificates. */
export function images(docker: Dockerode, { root, env = process.env }: { root: string; env?: Environment }): Images {
  const plans = planner(docker, root, env);
  const ensure = maker(docker, env, plans);

  async function buildAll(options: Options): Promise<readonly ReadyImage[]> {
    const ready: ReadyImage[] = [];
    for (const image of await plans.catalogue()) if (!image.internal) ready.push(await ensure(image.name, options));
    return ready;
  }

  const told = async <T>(doing: string, signal: AbortSignal, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw engineFailure(doing, error, signal);
    }
  };

  return {
    ensure,
    buildAll,
    list: (signal) => told('Listing the images', signal, listImages(docker, plans, signal)),
    prune: (signal) => told('Pruning the images', signal, pruneImages(docker, plans, signal)),
    bundle: async (folder, options) => await writeBundle(docker, await buildAll(options), folder, options),
  };
}
