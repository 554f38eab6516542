import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from '../../fakes/engine/api-server.ts';

type Labels = Readonly<Record<string, string>>;
export interface FakeObject {
  [field: string]: unknown;
  metadata: { name: string; namespace?: string; labels?: Labels; [field: string]: unknown };
}
interface Kept {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: FakeObject;
}

/** What an API server does with objects: lists them, answers one, and tells of each change whoever watches, from any version it still has. */
export interface FakeObjects {
  /** Answers a request below a list's path; false when there is no such list. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
  /** Writes an object of a list, e.g. `/api/v1/namespaces/shop/pods`. */
  put(list: string, object: FakeObject): void;
  remove(list: string, name: string): void;
  /** Lists whose watches are open, with how many. */
  watched(): Record<string, number>;
  /** Ends all watches, as a server does from time to time, or breaks their connections. */
  endWatches(how: 'orderly' | 'broken'): void;
  /** Forgets the changes so far: a watch from before them has to begin anew. */
  compact(): void;
  /** Keeps what watches are to be told until the answered function is called. */
  hold(): () => void;
  /** Tells all watches the version they are at. */
  bookmark(): void;
}

export function fakeObjects(lists: readonly string[]): FakeObjects {
  let version = 100;
  let oldest = 100;
  const objects = new Map(lists.map((list) => [list, new Map<string, FakeObject>()]));
  const log = new Map(lists.map((list) => [list, [] as Kept[]]));
  const watches = new Map<ServerResponse, string>();

  const listOf = (path: string) => {
    const found = lists.find((list) => path === list || path.startsWith(`${list}/`));
    return found === undefined ? null : { list: found, name: path.slice(found.length + 1) };
  };
  let held: (() => void)[] | null = null;
  const tell = (response: ServerResponse, { type, object }: Kept) => {
    const write = () => void response.write(`${JSON.stringify({ type, object })}\n`);
    if (held) held.push(write);
    else write();
  };

  function change(list: string, type: Kept['type'], object: FakeObject): void {
    version += 1;
    const kept = { version, type, object: { ...object, metadata: { ...object.metadata, resourceVersion: `${version}` } } };
    log.get(list)?.push(kept);
    for (const [response, watched] of watches) if (watched === list) tell(response, kept);
    if (type === 'DELETED') objects.get(list)?.delete(object.metadata.name);
    else objects.get(list)?.set(object.metadata.name, kept.object);
  }

  function watch(list: string, from: number, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      const gone = { kind: 'Status', code: 410, message: `too old resource version: ${from} (${oldest})` };
      response.end(`${JSON.stringify({ type: 'ERROR', object: gone })}\n`);
      return;
    }
    for (const kept of log.get(list) ?? []) if (kept.version > from) tell(response, kept);
    watches.set(response, list);
    response.on('close', () => watches.delete(response));
  }

  return {
    answer(request, response) {
      const url = new URL(request.url ?? '', 'https://kubernetes');
      const at = listOf(url.pathname);
      if (at === null) return false;
      const here = objects.get(at.list) ?? new Map<string, FakeObject>();
      const named = at.name ? here.get(at.name) : null;
      if (url.searchParams.has('watch')) watch(at.list, Number(url.searchParams.get('resourceVersion')), response);
      else if (named) json(response, named);
      else if (at.name) json(response, { kind: 'Status', message: `${at.name} is not there` }, 404);
      else {
        const wanted = (url.searchParams.get('labelSelector') ?? '').split(',').filter(Boolean);
        const has = ({ metadata }: FakeObject) => wanted.every((one) => metadata.labels?.[one.split('=')[0] ?? ''] === one.split('=')[1]);
        json(response, { metadata: { resourceVersion: `${version}` }, items: [...here.values()].filter(has) });
      }
      return true;
    },
    put(list, object) {
      change(list, objects.get(list)?.has(object.metadata.name) ? 'MODIFIED' : 'ADDED', object);
    },
    remove(list, name) {
      const object = objects.get(list)?.get(name);
      if (object) change(list, 'DELETED', object);
    },
    watched() {
      const counts: Record<string, number> = {};
      for (const list of watches.values()) counts[list] = (counts[list] ?? 0) + 1;
      return counts;
    },
    endWatches(how) {
      for (const response of watches.keys()) how === 'orderly' ? response.end() : response.destroy();
      watches.clear();
    },
    compact() {
      for (const kept of log.values()) kept.length = 0;
      version += 1;
      oldest = version;
    },
    hold() {
      held = [];
      return () => {
        for (const write of held ?? []) write();
        held = null;
      };
    },
    bookmark() {
      const line = JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: `${version}` } } });
      for (const response of watches.keys()) response.write(`${line}\n`);
    },
  };
}
