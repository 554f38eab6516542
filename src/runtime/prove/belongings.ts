import { z } from 'zod';
import type { Kube } from '#cluster/kube.ts';
import { isClusterManager, listedResources } from '../cluster-objects.ts';

const Metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().default(''),
  resourceVersion: z.string().default(''),
  ownerReferences: z.array(z.looseObject({ controller: z.boolean().optional() })).default([]),
  managedFields: z.array(z.looseObject({ manager: z.string().default('') })).default([]),
});
const Thing = z.looseObject({ metadata: Metadata });
type Thing = z.infer<typeof Thing>;

/** Every object of a cluster that can be listed, by `RESOURCE NAMESPACE/NAME`, but those that the cluster writes for itself alone. */
export type Belongings = ReadonlyMap<string, Thing>;

const Items = z.object({ items: z.array(Thing).nullish() });
const largestList = 64 * 1024 * 1024;

/** Lists everything, as the admin. A group or resource that does not answer is left out. */
export async function belongings(client: Pick<Kube, 'get'>, signal: AbortSignal): Promise<Belongings> {
  const found = new Map<string, Thing>();
  const resources = await listedResources(client, signal);
  const lists = resources.map(async ({ path, name }) => {
    const { status, body } = await client.get(path, { signal, maxBytes: largestList });
    for (const item of (status === 200 && Items.parse(body).items) || []) {
      found.set(`${name} ${item.metadata.namespace ?? ''}/${item.metadata.name}`, item);
    }
  });
  await Promise.all(lists);
  return found;
}

/**
 * What became other of a learner's objects between two looks, a sentence each. An object that only the cluster's own programs wrote to
 * is as it was. After a trial and its undo objects may have been written to, and those a controller owns may be new ones: then contents
 * must be the same, and everything that has no controller must be there.
 */
export function changesOf(before: Belongings, after: Belongings, { tried }: { tried: boolean }): string[] {
  const problems: string[] = [];
  for (const [name, old] of before) {
    const same = after.get(name);
    if (same === undefined || same.metadata.uid !== old.metadata.uid) {
      if (!(tried && isControlled(old))) problems.push(`grading took ${name} away${same ? ' and made it anew' : ''}`);
    } else if (same.metadata.resourceVersion !== old.metadata.resourceVersion) {
      const isSame = tried ? content(old) === content(same) || byCluster(old, same) : byCluster(old, same);
      if (!isSame) problems.push(`grading changed ${name}`);
    }
  }
  for (const [name, added] of after) {
    if (before.has(name) || (tried && isControlled(added)) || added.metadata.managedFields.every(isCluster)) continue;
    problems.push(`grading left ${name} behind`);
  }
  return problems;
}

const isControlled = ({ metadata }: Thing) => metadata.ownerReferences.some(({ controller }) => controller === true);
const isCluster = ({ manager }: { manager: string }) => isClusterManager(manager);

/** Whether only the cluster's own programs wrote between two states of an object, by what they manage of it. */
function byCluster(old: Thing, now: Thing): boolean {
  const known = new Set(old.metadata.managedFields.map((entry) => JSON.stringify(entry)));
  const kept = new Set(now.metadata.managedFields.map((entry) => JSON.stringify(entry)));
  const news = now.metadata.managedFields.filter((entry) => !known.has(JSON.stringify(entry)));
  const lost = old.metadata.managedFields.filter((entry) => !kept.has(JSON.stringify(entry)));
  if (news.length + lost.length === 0) return content(old) === content(now);
  return news.every(isCluster) && lost.every((entry) => isCluster(entry) || content(old) === content(now));
}

/** What an object says, without its bookkeeping and its status, by sorted keys. */
function content({ metadata, ...object }: Thing): string {
  const { resourceVersion: _, managedFields: __, generation: ___, ...kept } = metadata;
  const { status: ____, ...said } = object;
  return JSON.stringify({ ...said, metadata: kept }, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
