import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { ClusterError } from '#cluster/port.ts';
import { messageOf } from './failure.ts';
import { pull } from './pull.ts';
import type { ReadyImage } from './types.ts';
import { within } from './within.ts';

/**
 * The stock node image to pull where a registry answers: `Image` in `pkg/apis/config/defaults/image.go` of sigs.k8s.io/kind v0.31.0.
 */
export const upstreamNode = 'kindest/node:v1.35.0@sha256:452d707d4862f52530247495d180205e029056831160e22870e37e3f6c1ac31f';

/** An image of the engine as it is; null when there is none of that name. */
export async function inspect(docker: Dockerode, reference: string, signal: AbortSignal): Promise<Dockerode.ImageInspectInfo | null> {
  try {
    return await within(signal, docker.getImage(reference).inspect());
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return null;
    throw error;
  }
}

/** The image of SLIPWAY_NODE_IMAGE, pulled when it is not there. Throws why it cannot be used: it is never passed over. */
export async function givenNode(docker: Dockerode, ref: string, tell: (detail: string) => void, signal: AbortSignal): Promise<ReadyImage> {
  let info = await inspect(docker, ref, signal);
  if (!info) {
    try {
      await pull(docker, ref, tell, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw refused(ref, 'it is not in the engine, and pulling it failed', `docker pull ${ref}`, messageOf(error));
    }
    info = await inspect(docker, ref, signal);
  }
  if (!info) throw refused(ref, 'the engine does not have it after pulling it');
  const starts = [info.Config.Entrypoint ?? []].flat();
  if (!starts.some((word) => word.endsWith('/entrypoint'))) {
    throw refused(ref, `it is no kind node image: it starts ${starts.join(' ') || 'nothing'}, not /usr/local/bin/entrypoint`);
  }
  const { Arch: engine } = await within(signal, docker.version());
  if (info.Architecture !== engine) throw refused(ref, `it is made for ${info.Architecture}, and this engine runs on ${engine}`);
  return { ref, id: info.Id, how: 'given', identity: info.Id };
}

function refused(ref: string, reason: string, command?: string, output?: string): ClusterError {
  return new ClusterError('no-image', `The node image ${ref} that SLIPWAY_NODE_IMAGE names cannot be used: ${reason}.`, {
    step: 'node image',
    command,
    output,
    advice: 'Name another image, or unset SLIPWAY_NODE_IMAGE to let Slipway find or build one.',
  });
}

/** The stock image, when the engine has it or (`mayPull`) its registry answers; null when not. */
export async function upstreamNodeImage(
  docker: Dockerode,
  mayPull: boolean,
  tell: (detail: string) => void,
  signal: AbortSignal,
): Promise<ReadyImage | null> {
  const found = await upstreamAtHand(docker, signal);
  if (found) return found;
  if (!mayPull) return null;
  try {
    await pull(docker, upstreamNode, tell, signal);
  } catch (error) {
    signal.throwIfAborted();
    tell(`${upstreamNode} cannot be pulled (${messageOf(error)}), so it is built here`);
    return null;
  }
  const pulled = await inspect(docker, upstreamNode, signal);
  return pulled && { ref: upstreamNode, id: pulled.Id, how: 'pulled', identity: upstreamNode };
}

/** The stock image as it was pulled, or under its tag as a bundle brought it (which has lost the digest on the way). */
export async function upstreamAtHand(docker: Dockerode, signal: AbortSignal): Promise<ReadyImage | null> {
  const pulled = await inspect(docker, upstreamNode, signal);
  if (pulled) return { ref: upstreamNode, id: pulled.Id, how: 'found', identity: upstreamNode };
  const tag = tagOf(upstreamNode);
  const loaded = await inspect(docker, tag, signal);
  if (!loaded || (loaded.RepoDigests ?? []).length > 0) return null;
  return { ref: tag, id: loaded.Id, how: 'found', identity: upstreamNode };
}

/** A reference without its digest: what can be written to a tar and loaded again. */
export function tagOf(reference: string): string {
  return reference.replace(/@.*$/, '');
}

/** The file name of an image in a bundle. */
export function bundleFile(reference: string): string {
  return `${tagOf(reference).replaceAll(/[/:]/g, '_')}.tar`;
}

/** The bundle's tar of an image, when SLIPWAY_BUNDLE names a folder that has it (perhaps compressed). */
export async function findInBundle(folder: string | undefined, reference: string): Promise<string | null> {
  if (!folder) return null;
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ClusterError('no-image', `The folder ${folder} that SLIPWAY_BUNDLE names cannot be read.`, {
      output: messageOf(cause),
      cause,
    });
  });
  const wanted = bundleFile(reference);
  const name = names.find((each) => each === wanted || each === `${wanted}.gz` || each === `${wanted}.xz`);
  return name ? join(folder, name) : null;
}
