import { z } from 'zod';
import { type From, inPod, observation, type Place, Problem, type Selection } from '../observation.ts';

/** How a request is made. */
export interface HttpOptions {
  /** Sent as the Host header and, for https, as the server's name: to ask an address for a site. */
  host?: string;
  headers?: Readonly<Record<string, string>>;
  /** Keeps the cookies of earlier answers of the same observation. */
  cookies?: boolean;
  /** Redirects to follow; 0 shows the redirect itself. */
  redirects?: number;
  /** `lab`: https is verified against the authority of the observation's cluster. Else any certificate is taken. */
  trust?: 'lab' | 'any';
  /** Names of response headers to keep. */
  keep?: readonly string[];
  /** For the whole exchange, in milliseconds. */
  timeout?: number;
}
type Exchange = Required<Omit<HttpOptions, 'host'>> & { host: string | null };

export type HttpRequest =
  | ({ kind: 'http.get'; cluster: string; from: From; url: string; times: number } & Exchange)
  | ({ kind: 'http.getEach'; cluster: string; pods: Selection; port: number; path: string } & Exchange);

const exchange = ({
  host,
  headers = {},
  cookies = false,
  redirects = 0,
  trust = 'any',
  keep = [],
  timeout = 2000,
}: HttpOptions): Exchange => ({ host: host ?? null, headers, cookies, redirects, trust, keep, timeout });

/** What came back. `status` is null when nothing did, and `problem` says how; `body` (JSON, else text) is null unless it has these fields. */
const answer = <Fields extends z.ZodType>(fields: Fields) =>
  z.object({
    status: z.int().nullable(),
    problem: Problem,
    headers: z.record(z.string(), z.string()).default({}),
    body: fields.nullable().catch(null),
  });

/** Probes over HTTP. */
export const http = {
  /** One request; null when its selection has no running pod to come from. */
  get: <Fields extends z.ZodType>(
    url: string,
    { from, fields, cluster = 'main', ...options }: Place & HttpOptions & { from: From; fields: Fields },
  ) => observation({ kind: 'http.get', cluster, from, url, times: 1, ...exchange(options) }, answer(fields).nullable()),

  /** The same request `times` times, one after another (at most 100), each over a connection of its own. */
  repeat: <Fields extends z.ZodType>(
    url: string,
    { from, times, fields, cluster = 'main', ...options }: Place & HttpOptions & { from: From; times: number; fields: Fields },
  ) =>
    observation(
      { kind: 'http.get', cluster, from, url, times: Math.max(2, Math.min(100, times)), ...exchange(options) },
      z.array(answer(fields)).nullable(),
    ),

  /** One request to every running pod of a selection, each from within its own network. */
  getEach: <Fields extends z.ZodType>(
    path: string,
    { pods, port, fields, cluster = 'main', ...options }: Place & HttpOptions & { pods: Selection; port: number; fields: Fields },
  ) => observation({ kind: 'http.getEach', cluster, pods, port, path, ...exchange(options) }, z.array(answer(fields).extend(inPod))),
};
