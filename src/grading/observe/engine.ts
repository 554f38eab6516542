import { z } from 'zod';
import { observation } from '../observation.ts';

export interface EngineRequest {
  kind: 'engine.get';
  /** Host name on the lab's network. */
  host: string;
  port: number;
  path: string;
}

interface Options<Fields> {
  host?: string;
  port?: number;
  fields: Fields;
}

const get = <Value>(path: string, { host = 'engine', port = 2375 }: { host?: string; port?: number }, value: z.ZodType<Value>) =>
  observation({ kind: 'engine.get', host, port, path }, value);

/** Reads of a Docker engine on the lab's network, in the Engine API's own fields. */
export const engine = {
  containers: <Fields extends z.ZodType>({ fields, ...where }: Options<Fields>) => get('/containers/json?all=1', where, z.array(fields)),
  images: <Fields extends z.ZodType>({ fields, ...where }: Options<Fields>) => get('/images/json', where, z.array(fields)),
  networks: <Fields extends z.ZodType>({ fields, ...where }: Options<Fields>) => get('/networks', where, z.array(fields)),
  /** One container by name; null when there is none. */
  container: <Fields extends z.ZodType>(name: string, { fields, ...where }: Options<Fields>) =>
    get(`/containers/${encodeURIComponent(name)}/json`, where, z.nullable(fields)),
  /** One image by reference; null when there is none. */
  image: <Fields extends z.ZodType>(reference: string, { fields, ...where }: Options<Fields>) =>
    get(`/images/${reference.split('/').map(encodeURIComponent).join('/')}/json`, where, z.nullable(fields)),
};
