import type { APIContext, APIRoute } from 'astro';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { Verb } from '#people/policy.ts';
import { may } from '#people/policy.ts';
import { asProblem, Problem } from '#runtime/problem.ts';
import type { LabSession, Person } from '#store/port.ts';

/** An endpoint that answers JSON; whatever it throws is answered as a problem, naming the field and what to do. */
export function endpoint(work: (context: APIContext, person: Person) => Promise<Response | object>): APIRoute {
  return async (context) => {
    try {
      const { person } = context.locals;
      if (person === null) throw new Problem(401, 'no-session', 'Open a page of the site first; this request carried no valid session.');
      const answer = await work(context, person);
      return answer instanceof Response ? answer : Response.json(answer, { headers: { 'cache-control': 'no-store' } });
    } catch (error) {
      return answerProblem(error, context.locals.runtime.context.log);
    }
  };
}

export function answerProblem(error: unknown, log: Logger): Response {
  const problem = asProblem(error);
  if (problem.status === 500) log.error({ err: error }, 'a request failed');
  const { code, message, advice, field, retryAfter } = problem;
  const headers = { 'cache-control': 'no-store', ...(retryAfter ? { 'retry-after': String(retryAfter) } : {}) };
  return Response.json({ error: { code, message, advice, field } }, { status: problem.status, headers });
}

const maxBody = 64 * 1024;

/** The JSON body of a request, parsed; an empty body is `{}`. A longer one than `most` bytes is a 413. */
export async function body<T>(request: Request, schema: z.ZodType<T>, most = maxBody): Promise<T> {
  const text = await limitedText(request, most);
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new Problem(400, 'not-json', 'The body of this request is not JSON.', { field: 'body' });
  }
  return parsed(schema, value);
}

/** The fields of a form that a page posted, parsed. */
export async function form<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  return parsed(schema, Object.fromEntries(new URLSearchParams(await limitedText(request, maxBody))));
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'body');
  throw new Problem(400, 'bad-field', `${field}: ${issue?.message ?? 'not understood'}`, { field });
}

async function limitedText(request: Request, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > most) throw new Problem(413, 'too-large', `The body of this request is larger than ${most} bytes.`, { field: 'body' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The session of the address, if this person may do this with it; somebody else's is as if it did not exist. */
export async function sessionFor(context: APIContext, person: Person, verb: Verb): Promise<LabSession> {
  const id = context.params['id'] ?? '';
  const session = /^[a-z0-9]{1,40}$/.test(id) ? await context.locals.runtime.store.sessions.get(id) : null;
  if (session === null || !may({ person: person.id, roles: person.roles }, verb, { kind: 'session', owner: session.person })) {
    throw new Problem(404, 'no-such-session', 'There is no such lab session, or it is somebody else’s.');
  }
  return session;
}
