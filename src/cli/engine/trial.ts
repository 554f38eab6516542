import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { z } from 'zod';
import { smallestProgram, smallestRootFilesystem } from './smallest-program.ts';

export type Trial = { ok: true } | { ok: false; reason: string };

/**
 * Whether this engine can run what a lab's node is: a privileged container with a cgroup namespace of its own.
 * Uses an image of a hundred bytes made on the spot, and leaves nothing. An architecture we have no such image for passes untried.
 */
export async function tryPrivileged(docker: Docker, instance: string, outer: AbortSignal): Promise<Trial> {
  const program = smallestProgram();
  if (!program) return { ok: true };
  const signal = AbortSignal.any([outer, AbortSignal.timeout(30_000)]);
  let image: string | undefined;
  let container: Docker.Container | undefined;
  try {
    const imported = await docker.importImage(Readable.from([await smallestRootFilesystem(program)]), {
      changes: 'LABEL slipway.part=trial',
      abortSignal: signal,
    });
    image = lastStatus(await text(imported));
    const host = { Privileged: true, NetworkMode: 'none', CgroupnsMode: 'private' };
    const labels = { 'slipway.instance': instance, 'slipway.part': 'trial' };
    container = await docker.createContainer({ Image: image, Cmd: ['/true'], Labels: labels, HostConfig: host, abortSignal: signal });
    await container.start({ abortSignal: signal });
    const { StatusCode: code } = z.object({ StatusCode: z.number() }).parse(await container.wait({ abortSignal: signal }));
    return code === 0 ? { ok: true } : { ok: false, reason: `a privileged container ended with ${code}` };
  } catch (error) {
    outer.throwIfAborted();
    return { ok: false, reason: said(error) };
  } finally {
    await container?.remove({ force: true }).catch(ignoreGone);
    if (image) await docker.getImage(image).remove({ force: true }).catch(ignoreGone);
  }
}

/** The image id that `/images/create` ends with. */
function lastStatus(stream: string): string {
  const last = stream.trim().split('\n').at(-1) ?? '';
  return z.object({ status: z.string().startsWith('sha256:') }).parse(JSON.parse(last)).status;
}

/** The engine's own words, without dockerode's preamble. */
function said(error: unknown): string {
  const answer = z.object({ json: z.object({ message: z.string() }) }).safeParse(error);
  if (answer.success) return answer.data.json.message.trim();
  return error instanceof Error ? error.message.trim() : String(error);
}

function ignoreGone(error: unknown): void {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status !== 404 && status !== 409) throw error;
}
