import { defineMiddleware } from 'astro:middleware';
import { Problem } from '#runtime/problem.ts';
import { currentRuntime } from '#runtime/runtime.ts';
import { answerProblem } from '#server/answer.ts';
import { personOf } from '#server/cookie.ts';

/** Every page and endpoint gets the runtime and who asks; a change asked for by another site is refused. */
export const onRequest = defineMiddleware(async (context, next) => {
  if (context.isPrerendered) return await next();
  const runtime = await currentRuntime();
  const { request, locals } = context;
  locals.runtime = runtime;
  try {
    refuseOtherSites(request);
    locals.person = await personOf(runtime.store, request.headers.get('cookie') ?? undefined);
  } catch (error) {
    // A page that cannot be made has an error page of its own.
    if (!context.url.pathname.startsWith('/api/')) throw error;
    return answerProblem(error, runtime.context.log);
  }
  return await next();
});

function refuseOtherSites(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const origin = request.headers.get('origin');
  if (origin === null || URL.parse(origin)?.host !== request.headers.get('host')) {
    throw new Problem(403, 'other-site', 'This request came from another site and was refused.');
  }
}
