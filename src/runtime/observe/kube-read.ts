import { z } from 'zod';
import type { Kube } from '#cluster/kube.ts';
import type { Request } from '#grading/observation.ts';
import { Blind } from './blind.ts';
import { kubeAsk, type Repair, refusal } from './kube-ask.ts';
import { listAll } from './kube-list.ts';
import { secretHash } from './secret-hash.ts';
import { shared } from './shared.ts';

export type ObjectRequest = Extract<Request, { kind: 'kube.object' | 'kube.list' }>;

const ResourceList = z.object({ resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })) });
type Resource = z.infer<typeof ResourceList>['resources'][number];

const discoveryLimit = 6000;

/** Reads objects of one cluster and remembers what its API server calls each kind. */
export function kubeRead(client: Pick<Kube, 'get' | 'send'>, { secretKey, ...repair }: Repair & { secretKey: Uint8Array }) {
  const ask = kubeAsk(client, repair);
  const served = new Map<string, readonly Resource[]>();
  const discoveries = new Map<string, (signal: AbortSignal) => Promise<readonly Resource[]>>();

  /** The body, or null for 404. */
  async function get(path: string, signal: AbortSignal): Promise<unknown> {
    const answer = await ask(path, { signal });
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw new Blind(refusal(answer));
    return answer.body;
  }

  const discover = (apiVersion: string) =>
    shared(discoveryLimit, async (signal) => {
      const answer = ResourceList.nullable().parse(await get(groupPath(apiVersion), signal));
      const resources = (answer?.resources ?? []).filter(({ name }) => !name.includes('/'));
      served.set(apiVersion, resources);
      return resources;
    });

  async function resourceOf({ apiVersion, of }: ObjectRequest, signal: AbortSignal): Promise<Resource | null> {
    const known = served.get(apiVersion)?.find(({ kind }) => kind === of);
    if (known) return known;
    const discovery = discoveries.get(apiVersion) ?? discover(apiVersion);
    discoveries.set(apiVersion, discovery);
    return (await discovery(signal)).find(({ kind }) => kind === of) ?? null;
  }

  /** What `reading` finds. Where it finds nothing, what the API server calls the kind is asked again: a CRD may have come back under another name. */
  async function at<T>(request: ObjectRequest, signal: AbortSignal, reading: (path: string) => Promise<T | null>): Promise<T | null> {
    const isRemembered = served.has(request.apiVersion);
    const resource = await resourceOf(request, signal);
    const found = resource && (await reading(pathOf(request, resource)));
    if (found !== null || resource === null || !isRemembered || isBuiltIn(request.apiVersion)) return found;
    served.delete(request.apiVersion);
    const renamed = await resourceOf(request, signal);
    return renamed && renamed.name !== resource.name ? await reading(pathOf(request, renamed)) : null;
  }

  const cleanFor = (request: Pick<ObjectRequest, 'apiVersion' | 'of'>) => (object: unknown) => cleaned(object, request, secretKey);

  /** A list as `read` answers it, with where and from which version to watch it; null when the API server does not serve the kind. */
  const list = (request: ObjectRequest, signal: AbortSignal) =>
    at(request, signal, async (path) => {
      const listed = await listAll(ask, path, signal);
      return listed && { path, version: listed.version, items: listed.items.map(cleanFor(request)) };
    });

  return {
    /** Any answer to a GET or, with `send`, a POST, after at most one repair of the grader's role. */
    ask,

    /** The body at a path, without Secrets' values; null for 404. */
    async raw(path: string, signal: AbortSignal): Promise<unknown> {
      return withoutSecretsIn(await get(path, signal), secretKey);
    },

    list,

    /** An object (or null), or the items of a list, as the API's JSON without bookkeeping and without Secrets' values. */
    async read(request: ObjectRequest, signal: AbortSignal): Promise<unknown> {
      if (request.kind === 'kube.list') return (await list(request, signal))?.items ?? [];
      const body = await at(request, signal, (path) => get(path, signal));
      return body === null ? null : cleanFor(request)(body);
    },
  };
}

/** In these groups no CRD can be made: their names have a dot. */
const isBuiltIn = (apiVersion: string) => !apiVersion.includes('.');

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
  const hashed = (values: unknown, encoding: 'base64' | 'utf8') =>
    Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, secretHash(Buffer.from(String(value), encoding), key)]));
  return { ...object, data: hashed(object['data'], 'base64'), stringData: hashed(object['stringData'], 'utf8') };
}

const Secrets = z.object({ kind: z.literal('SecretList'), items: z.array(z.unknown()) });
const Secret = z.object({ kind: z.literal('Secret') });

/** The same for whatever the API server answered at a path. */
function withoutSecretsIn(body: unknown, key: Uint8Array): unknown {
  const one = { apiVersion: 'v1', of: 'Secret' };
  if (Secret.safeParse(body).success) return cleaned(body, one, key);
  const list = Secrets.safeParse(body);
  return list.success ? { ...list.data, items: list.data.items.map((item) => cleaned(item, one, key)) } : body;
}
