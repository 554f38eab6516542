import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Kube } from '#cluster/kube.ts';
import type { Request } from '#grading/observation.ts';
import { Blind } from './blind.ts';

export type ObjectRequest = Extract<Request, { kind: 'kube.object' | 'kube.list' }>;

/** Largest answer of the API server that is read, in bytes. */
export const largestAnswer = 8 * 1024 * 1024;

const ResourceList = z.object({ resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })) });
type Resource = z.infer<typeof ResourceList>['resources'][number];

/** Reads objects of one cluster and remembers what its API server calls each kind. */
export function kubeRead(reader: Pick<Kube, 'get'>, options: { repair: (signal: AbortSignal) => Promise<void>; secretKey: Uint8Array }) {
  const served = new Map<string, readonly Resource[]>();

  /** Answers the body, or null for 404. Repairs the grader's role once when it is refused. */
  async function get(path: string, signal: AbortSignal, mayRepair = true): Promise<unknown> {
    const { status, body } = await reader.get(path, { signal, maxBytes: largestAnswer });
    if (status === 200) return body;
    if (status === 404) return null;
    if (status === 403 && mayRepair) {
      await options.repair(signal);
      return get(path, signal, false);
    }
    throw new Blind(`the API server answered ${status} to the grader${messageIn(body)}`);
  }

  async function resourceOf(apiVersion: string, kind: string, signal: AbortSignal): Promise<Resource | null> {
    const known = served.get(apiVersion)?.find((resource) => resource.kind === kind);
    if (known) return known;
    const answer = ResourceList.nullable().parse(await get(groupPath(apiVersion), signal));
    const resources = (answer?.resources ?? []).filter(({ name }) => !name.includes('/'));
    served.set(apiVersion, resources);
    return resources.find((resource) => resource.kind === kind) ?? null;
  }

  const cleanFor = (request: Pick<ObjectRequest, 'apiVersion' | 'of'>) => (object: unknown) => cleaned(object, request, options.secretKey);

  return {
    /** The body at a path; null for 404. */
    raw: (path: string, signal: AbortSignal) => get(path, signal),

    /** The path of a list, for watching; null when the API server does not serve the kind. */
    async listPath(request: ObjectRequest, signal: AbortSignal): Promise<string | null> {
      const resource = await resourceOf(request.apiVersion, request.of, signal);
      return resource && pathOf(request, resource);
    },

    /** An object (or null), or the items of a list, as the API's JSON without bookkeeping and without Secrets' values. */
    async read(request: ObjectRequest, signal: AbortSignal): Promise<unknown> {
      const resource = await resourceOf(request.apiVersion, request.of, signal);
      const body = resource && (await get(pathOf(request, resource), signal));
      const clean = cleanFor(request);
      if (request.kind === 'kube.object') return body === null ? null : clean(body);
      return body === null ? [] : List.parse(body).items.map(clean);
    },

    /** A list as `read` answers it, with where and from which version to watch it; null when the API server does not serve the kind. */
    async list(request: ObjectRequest, signal: AbortSignal): Promise<{ path: string; version: string; items: KubeObject[] } | null> {
      const resource = await resourceOf(request.apiVersion, request.of, signal);
      const path = resource && pathOf(request, resource);
      const body = path && (await get(path, signal));
      if (!body) return null;
      const { metadata, items } = List.parse(body);
      return { path, version: metadata.resourceVersion, items: items.map(cleanFor(request)) };
    },
  };
}

const List = z.object({ metadata: z.object({ resourceVersion: z.string().default('') }).prefault({}), items: z.array(z.unknown()) });

const groupPath = (apiVersion: string) => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

function pathOf(request: ObjectRequest, resource: Resource): string {
  const namespace = resource.namespaced && request.namespace !== null ? `/namespaces/${encodeURIComponent(request.namespace)}` : '';
  const base = `${groupPath(request.apiVersion)}${namespace}/${resource.name}`;
  if (request.kind === 'kube.object') {
    if (resource.namespaced && namespace === '') throw new Blind(`the grader names no namespace for ${request.of} ${request.name}`);
    return `${base}/${encodeURIComponent(request.name)}`;
  }
  const selector = Object.entries(request.labels).map(([key, value]) => `${key}=${value}`);
  return selector.length > 0 ? `${base}?labelSelector=${encodeURIComponent(selector.join(','))}` : base;
}

const Metadata = z.looseObject({
  name: z.string().optional(),
  namespace: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
/** An object of a cluster as observations see it. */
export type KubeObject = { [field: string]: unknown; metadata: z.infer<typeof Metadata> };

/** An object as observations see it, however it was read: the API server leaves its kind out of lists. */
export function cleaned(object: unknown, { apiVersion, of }: Pick<ObjectRequest, 'apiVersion' | 'of'>, secretKey: Uint8Array): KubeObject {
  return withoutSecrets({ ...tidy(object), apiVersion, kind: of }, of, secretKey);
}

function tidy(object: unknown): KubeObject {
  const { metadata, ...rest } = z.looseObject({ metadata: Metadata }).parse(object);
  const { managedFields: _, annotations, ...kept } = metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': __, ...notes } = annotations ?? {};
  return { ...rest, metadata: annotations ? { ...kept, annotations: notes } : kept };
}

/** Replaces each value of a Secret by its keyed hash: equal values stay equal, and none can be read back. */
function withoutSecrets(object: KubeObject, kind: string, key: Uint8Array): KubeObject {
  if (kind !== 'Secret') return object;
  const hash = (value: unknown) => `hmac:${createHmac('sha256', key).update(String(value)).digest('hex').slice(0, 32)}`;
  const hashed = (values: unknown) => Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, hash(value)]));
  return { ...object, data: hashed(object['data']), stringData: hashed(object['stringData']) };
}

const messageIn = (body: unknown) => {
  const parsed = z.object({ message: z.string() }).safeParse(body);
  return parsed.success ? `: ${parsed.data.message.slice(0, 300)}` : '';
};
