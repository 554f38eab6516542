import { z } from 'zod';
import { observation } from '../observation.ts';

export interface RegistryRequest {
  kind: 'registry.get';
  /** Host name on the lab's network. */
  host: string;
  port: number;
  path: string;
}

interface Where {
  host?: string;
  port?: number;
}
const get = <Value>(path: string, { host = 'registry', port = 5000 }: Where, value: z.ZodType<Value>) =>
  observation({ kind: 'registry.get', host, port, path }, value);

/** Reads of an OCI registry on the lab's network (distribution API v2). Null: the registry has no such repository or reference. */
export const registry = {
  repositories: (where: Where = {}) => get('/v2/_catalog?n=1000', where, z.object({ repositories: z.array(z.string()).nullable() })),
  tags: (repository: string, where: Where = {}) =>
    get(`/v2/${repository}/tags/list`, where, z.object({ tags: z.array(z.string()).nullable() }).nullable()),
  /** A manifest or index, as JSON. */
  manifest: <Fields extends z.ZodType>(repository: string, reference: string, { fields, ...where }: Where & { fields: Fields }) =>
    get(`/v2/${repository}/manifests/${reference}`, where, z.nullable(fields)),
};
