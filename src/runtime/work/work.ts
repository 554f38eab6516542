import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { kube } from '#cluster/kube.ts';
import type { ClusterAccess, LabRef } from '#cluster/port.ts';
import type { LabSession } from '#store/port.ts';
import { type Context, labOf, refOf } from '../context.ts';
import { Problem } from '../problem.ts';
import { type Archive, archive } from './archive.ts';
import { packHome } from './home.ts';
import { packObjects } from './objects.ts';
import { packTranscripts } from './transcripts.ts';

const limit = 180_000;
/** Sessions whose work is being sent: each costs the server tens of MiB while it is made. */
const underWay = new Set<string>();

/**
 * A learner's work as a gzipped tar, made while it is read: home folder, transcripts, objects. One
 * that could not be ended breaks off. There is one at a time of a lab.
 */
export async function workOf(context: Context, session: LabSession, reader: AbortSignal): Promise<{ name: string; stream: Readable }> {
  if (session.state === 'paused') throw new Problem(409, 'paused', 'The lab is paused. Resume it first, then download your work.');
  if (session.state !== 'ready') throw new Problem(409, 'not-ready', 'There is nothing to download: the lab does not run.');
  const ref = refOf(context, session);
  if (underWay.has(session.id)) {
    throw new Problem(429, 'under-way', 'Your work is being downloaded already. Try again when that is done.', { retryAfter: 5 });
  }
  underWay.add(session.id);
  try {
    return await begin(context, session, ref, reader);
  } catch (error) {
    underWay.delete(session.id);
    throw error;
  }
}

async function begin(context: Context, session: LabSession, ref: LabRef, reader: AbortSignal): Promise<{ name: string; stream: Readable }> {
  const leave = new AbortController();
  const signal = AbortSignal.any([reader, leave.signal, AbortSignal.timeout(limit)]);
  const access = await context.provider.open(ref, signal);
  if (access === null) throw new Problem(409, 'not-ready', 'A part of the lab does not run. Reset it, or wait until it is mended.');
  await context.store.sessions.touch(session.id);
  const name = `slipway-${session.lab}-${new Date().toISOString().slice(0, 10)}`;
  const tar = archive(name, signal);
  const stream = createGzip();
  pipeline(tar.stream, stream, () => undefined);
  // Whatever ended it: sent, broken off here, or left by its reader.
  stream.once('close', () => {
    underWay.delete(session.id);
    leave.abort(new Error('the download is over'));
  });
  fill(context, session, ref, access.clusters, tar, signal).then(
    () => tar.end(),
    (error: unknown) => {
      if (!leave.signal.aborted) context.log.warn({ err: error, session: session.id }, 'a download of work broke off');
      tar.stream.destroy(error instanceof Error ? error : new Error(String(error)));
    },
  );
  return { name: `${name}.tar.gz`, stream };
}

async function fill(
  context: Context,
  session: LabSession,
  ref: LabRef,
  clusters: readonly ClusterAccess[],
  tar: Archive,
  signal: AbortSignal,
): Promise<void> {
  const missing = [...(await packHome(context.provider, ref, tar, signal)), ...(await packTranscripts(context.provider, ref, tar, signal))];
  for (const { name, admin } of clusters) {
    const client = kube({ connect: (wait) => context.provider.dial(ref, { kind: 'api', cluster: name }, wait), credentials: admin });
    try {
      missing.push(...(await packObjects(client, clusters.length === 1 ? 'objects' : `objects/${name}`, tar, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      missing.push(`The objects of cluster ${name} are missing or cut: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await client.close();
    }
  }
  await tar.file('README.txt', readme(labOf(context, session.lab).file.title, missing));
}

function readme(title: string, missing: readonly string[]): string {
  return `Your work in the lab “${title}”, as it was on ${new Date().toISOString()}.

home/                          your home folder in the lab, without caches and without the lab's kubeconfig
transcript-N.txt               what was on the screen of shell N, as text; the oldest part may be gone
transcript-N.raw               the same as it came, with colours: try "less -R"
objects/NAMESPACE/KIND-NAME.yaml
                               objects that you made or changed, to be applied again with "kubectl apply -f"; objects outside
                               namespaces are in "_cluster", what a controller made for you is left out. Secrets are among them:
                               do not share them.

${missing.length === 0 ? 'Nothing is missing.' : `Missing:\n${missing.map((sentence) => `- ${sentence}`).join('\n')}`}
`;
}
