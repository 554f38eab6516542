import { z } from 'zod';
import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';
import { refusal } from './kube-ask.ts';
import { limit } from './limit.ts';

/** Most bytes that are read of one container's log. */
export const largestLog = 64 * 1024;
const mostLines = 5000;
const mostPods = 100;
const atOnce = 8;

const Named = z.object({ name: z.string() });
const Pods = z.array(
  z.object({
    metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
    spec: z.object({ nodeName: z.string().default(''), containers: z.array(Named).default([]) }).prefault({}),
  }),
);

/** The end of a container's log in each pod of a selection, by the pods' names. */
export const kubeLogs: Look<'kube.logs'> = async ({ cluster, pods: selection, container, previous, tail }, eyes, signal) => {
  const { ask, read } = eyes.cluster(cluster);
  const { namespace, labels } = selection;
  const pods = Pods.parse(await read({ kind: 'kube.list', cluster, apiVersion: 'v1', of: 'Pod', namespace, labels }, signal));
  if (pods.length > mostPods) throw new Blind(`the logs of ${pods.length} pods are more than are read (${mostPods})`);

  const ends = async (path: string): Promise<string[] | null> => {
    for (let lines = Math.max(1, Math.min(tail, mostLines)); ; lines = Math.floor(lines / 2)) {
      const query = new URLSearchParams({ tailLines: `${lines}`, limitBytes: `${largestLog}`, previous: `${previous}` });
      if (container !== null) query.set('container', container);
      const answer = await ask(`${path}?${query}`, { signal, maxBytes: 2 * largestLog });
      // 400: it waits to be started, has no previous run, or the pod has no such container. 404: its node does not know it.
      if (answer.status === 400 || answer.status === 404) return null;
      if (answer.status !== 200) throw new Blind(refusal(answer));
      const text = String(answer.body);
      // The kubelet counts the limit from the first of the lines: where it cut, the newest are missing.
      if (lines > 1 && Buffer.byteLength(text) >= largestLog) continue;
      return isGone(text) ? null : linesOf(text);
    }
  };
  const inTurn = limit(atOnce);
  const seen = pods.map(async ({ metadata: { name, uid }, spec: { nodeName, containers } }) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`;
    const lines = nodeName === '' ? null : await inTurn(() => ends(path));
    return { pod: name, uid, container: container ?? containers[0]?.name ?? '', lines };
  });
  return (await Promise.all(seen)).sort((a, b) => (a.pod < b.pod ? -1 : 1));
};

/** The kubelet's word, with status 200, for a log that was removed with its container. */
const isGone = (text: string) => /^unable to retrieve container logs for \S+$/.test(text.trim());

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
