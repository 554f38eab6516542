import type { Probe, ProbeResults } from '#cluster/port.ts';
import type { Request } from '#grading/observation.ts';
import type { Eyes, Look } from './eyes.ts';
import { hostOf, longestProbe } from './limits.ts';
import { probeEach, probeFrom } from './pods.ts';

type HttpProbe = Extract<Probe, { op: 'http' }>;
type Asked = Extract<Request, { kind: 'http.get' | 'http.getEach' }>;

const largestBody = 256 * 1024;
const largestSeries = 1024 * 1024;

export const httpGet: Look<'http.get'> = async (request, eyes, signal) => {
  const probe = { ...exchange(request, eyes), url: request.url, times: request.times };
  const maxBytes = request.times === 1 ? largestBody : Math.min(largestBody, Math.floor(largestSeries / request.times));
  const seen = await probeFrom(eyes, request.cluster, request.from, { ...probe, maxBytes }, signal);
  if (seen === null) return null;
  const answers = seen.map((one) => answerOf(one, request));
  return request.times === 1 ? answers[0] : answers;
};

export const httpGetEach: Look<'http.getEach'> = (request, eyes, signal) =>
  probeEach<HttpProbe, object>(
    eyes,
    request.cluster,
    request.pods,
    ({ status }) => {
      const url = `http://${hostOf(status.podIP ?? '')}:${request.port}/${request.path.replace(/^\//, '')}`;
      return { ...exchange(request, eyes), url, times: 1, maxBytes: largestBody };
    },
    ([first]) => (first ? answerOf(first, request) : {}),
    signal,
  );

function exchange({ cluster, host, headers, cookies, redirects, trust, keep, timeout }: Asked, { access }: Eyes) {
  const ca = trust === 'lab' ? (access.clusters.find(({ name }) => name === cluster)?.admin.ca ?? null) : null;
  return {
    op: 'http' as const,
    host,
    headers,
    cookies,
    redirects,
    ca,
    keep: [...keep, contentType],
    timeout: Math.min(timeout, longestProbe),
  };
}

const contentType = 'content-type';

function answerOf({ status, problem, headers, body }: ProbeResults['http'][number], { keep }: Asked) {
  const kept = keep.map((name) => name.toLowerCase());
  return {
    status,
    problem,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name))),
    body: read(Buffer.from(body).toString(), headers[contentType] ?? ''),
  };
}

/** What the text says where it is JSON (said to be, or an object or list by its look), else the text itself. */
function read(text: string, type: string): unknown {
  if (!/\bjson\b/i.test(type) && !/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
