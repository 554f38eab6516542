import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { kindProvider } from '#cluster/kind/provider.ts';
import { ClusterError, type LearnerAccess } from '#cluster/port.ts';
import { loadCourse } from '#runtime/course.ts';
import type { Settings } from '#runtime/settings.ts';
import { openStore } from '#store/open.ts';
import type { LabSession } from '#store/port.ts';
import type { Run } from './commands.ts';
import { findEngine } from './engine/find.ts';
import { CommandFailure } from './failure.ts';
import { runningIn } from './running.ts';
import { settingsFor } from './settings.ts';

/** Prints a kubeconfig of the learner's own certificate for a lab that runs, with a context for each of its clusters. */
export const run: Run = async (args, context) => {
  const settings = settingsFor(args, context);
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(60_000)]);
  const { labs } = loadCourse(settings.course);
  const id = args.words[0] ?? '';
  const lab = Object.hasOwn(labs, id) ? labs[id] : undefined;
  if (lab === undefined) {
    throw new CommandFailure(`there is no lab "${id}"`, { advice: `Labs: ${Object.keys(labs).join(', ')}.`, exitCode: 2 });
  }
  const names = lab.file.clusters.map(({ name }) => name);
  const wanted = args.value('cluster');
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new CommandFailure(`${id} has no cluster "${wanted}"`, { advice: `Its clusters: ${names.join(', ')}.`, exitCode: 2 });
  }
  const session = usable(await liveSession(settings, id), id, settings);
  const engine = await findEngine(context.env, signal);
  if (!engine.ok) throw new CommandFailure(`the lab cannot be reached: ${engine.reason}`, { advice: 'Start the engine and try again.' });
  const none = () => Promise.reject(new Error('nothing is made here'));
  const provider = kindProvider({ docker: engine.engine.docker, nodeImage: none, gatewayImage: none });
  const ref = { instance: settings.instance, lab: session.instance, epoch: session.instanceEpoch };
  const found = await provider.asLearner(ref, signal).catch((error: unknown) => {
    if (!(error instanceof ClusterError)) throw error;
    throw new CommandFailure(`the lab cannot be reached: ${error.message}`, {
      advice: error.advice ?? 'Try again in a minute.',
      cause: error,
    });
  });
  const chosen = names.filter((name) => wanted === undefined || name === wanted);
  const access = chosen.flatMap((name) => found.filter(({ cluster }) => cluster === name));
  if (access.length < chosen.length) {
    throw new CommandFailure('a cluster of the lab does not run', {
      advice: 'Look at its page, which says what happened, and reset it there.',
    });
  }
  process.stdout.write(kubeconfig(id, access, names.length > 1));
  if (process.stdout.isTTY) {
    const file = `${id}.kubeconfig`;
    const same = ['./slipway', 'kubeconfig', id, ...(wanted === undefined ? [] : ['--cluster', wanted])].join(' ');
    process.stderr.write(`
Keep it in a file and use it:
  (umask 077 && ${same} > ${file}) && export KUBECONFIG=$PWD/${file}
It is good until the lab ends or is reset. Who can read it can do anything in the lab's cluster.\n`);
  }
  return 0;
};

/** Contexts are called after the lab, so that they can be merged with what one has: `slipway-LAB`, of several `slipway-LAB-CLUSTER`. */
export function kubeconfig(lab: string, access: readonly LearnerAccess[], isOneOfMany: boolean): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const all = access.map(({ cluster, ...rest }) => ({ name: `slipway-${lab}${isOneOfMany ? `-${cluster}` : ''}`, ...rest }));
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': all[0]?.name,
      clusters: all.map(({ name, server, credentials }) => ({
        name,
        cluster: { server, 'tls-server-name': 'kubernetes', 'certificate-authority-data': base64(credentials.ca) },
      })),
      users: all.map(({ name, credentials }) => ({
        name,
        user: { 'client-certificate-data': base64(credentials.cert), 'client-key-data': base64(credentials.key) },
      })),
      contexts: all.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
    },
    { lineWidth: 0 },
  );
}

/** Of this machine's one person; were there more, of whoever used it last. */
async function liveSession(settings: Settings, lab: string): Promise<LabSession | null> {
  if (settings.databaseUrl === undefined && !existsSync(join(settings.data, 'slipway.db'))) return null;
  const store = await openStore({ folder: settings.data, url: settings.databaseUrl, asItIs: true });
  try {
    const live = (await store.sessions.listLive()).filter((session) => session.lab === lab);
    return live.toSorted((a, b) => (a.activeAt < b.activeAt ? 1 : -1))[0] ?? null;
  } finally {
    await store.close();
  }
}

/** The session once its containers run; else says what to do first. */
export function usable(session: LabSession | null, lab: string, { data }: Pick<Settings, 'data'>): LabSession & { instance: string } {
  const url = runningIn(data)?.url;
  const page = url ? `${url.replace(/\/$/, '')}, in the lesson of ${lab}` : `the lesson of ${lab}, once ./slipway up serves it`;
  if (session?.state === 'ready' && session.instance !== null) return { ...session, instance: session.instance };
  if (session === null) throw new CommandFailure(`the lab ${lab} does not run`, { advice: `Start it first: ${page}.` });
  if (session.state === 'paused') throw new CommandFailure(`the lab ${lab} is paused`, { advice: `Resume it first: ${page}.` });
  throw new CommandFailure(`the lab ${lab} is ${session.state}`, { advice: `Wait until it is ready, or see what it needs: ${page}.` });
}
