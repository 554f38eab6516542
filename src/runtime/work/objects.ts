import { stringify } from 'yaml';
import { z } from 'zod';
import type { Kube } from '#cluster/kube.ts';
import { isLearnersManager, listedResources } from '../cluster-objects.ts';
import { applicable } from './applicable.ts';
import type { Archive } from './archive.ts';

const Thing = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    ownerReferences: z.array(z.looseObject({ controller: z.boolean().optional() })).default([]),
    managedFields: z.array(z.looseObject({ manager: z.string().default('') })).default([]),
  }),
});
const List = z.object({ metadata: z.object({ continue: z.string().optional() }).default({}), items: z.array(z.unknown()).nullish() });

const [mostObjects, mostBytes] = [2_000, 32 * 1024 ** 2];
const pageSize = 50;
const largestPage = 64 * 1024 ** 2;

/**
 * The objects of a cluster that the learner wrote to and no controller owns, as YAML that can be applied again. Everything in a lab is
 * its learner's to read, so the admin's credentials show nothing more. Answers what is missing, a sentence each.
 */
export async function packObjects(client: Pick<Kube, 'get'>, folder: string, archive: Archive, signal: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  const taken = new Set<string>();
  let bytes = 0;
  for (const { path, kind, apiVersion } of await listedResources(client, signal)) {
    let next: string | undefined = '';
    while (next !== undefined) {
      const query = new URLSearchParams({ limit: String(pageSize), ...(next === '' ? {} : { continue: next }) });
      const { status, body } = await client.get(`${path}?${query}`, { signal, maxBytes: largestPage });
      const page = status === 200 ? List.safeParse(body) : null;
      if (!page?.success) {
        missing.push(`${folder}: the objects of ${kind} (${apiVersion}) could not be listed (HTTP ${status}).`);
        break;
      }
      for (const item of page.data.items ?? []) {
        const { data } = Thing.safeParse(item);
        if (data === undefined || !isLearners(data)) continue;
        const text = stringify({ apiVersion, kind, ...applicable({ kind, ...data }) });
        bytes += text.length;
        if (taken.size >= mostObjects || bytes > mostBytes) {
          return [
            ...missing,
            `${folder}: there are more than ${mostObjects} objects or ${mostBytes / 1024 ** 2} MiB of them; the rest is missing.`,
          ];
        }
        const name = fileName(folder, kind, apiVersion, data.metadata, taken);
        taken.add(name);
        await archive.file(name, text);
      }
      next = page.data.metadata.continue || undefined;
    }
  }
  return missing;
}

function isLearners({ metadata }: z.infer<typeof Thing>): boolean {
  const isOwned = metadata.ownerReferences.some(({ controller }) => controller === true);
  return !isOwned && metadata.managedFields.some(({ manager }) => isLearnersManager(manager));
}

/** Objects outside namespaces are in `cluster/`; of two kinds with one name the second has its group in the file's name. */
function fileName(
  folder: string,
  kind: string,
  apiVersion: string,
  { name, namespace = '_cluster' }: { name: string; namespace?: string | undefined },
  taken: ReadonlySet<string>,
): string {
  const safe = (text: string) => text.replaceAll(/[^\w.-]/g, '_').slice(0, 200);
  const plain = `${folder}/${safe(namespace)}/${safe(kind)}-${safe(name)}.yaml`;
  return taken.has(plain) ? `${folder}/${safe(namespace)}/${safe(kind)}.${safe(apiVersion)}-${safe(name)}-${taken.size}.yaml` : plain;
}
