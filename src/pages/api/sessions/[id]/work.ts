import { Readable } from 'node:stream';
import { workOf } from '#runtime/work/work.ts';
import { endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

/** The learner's files, transcripts and objects as an archive, made while it is sent. */
export const GET = endpoint(async (context, person) => {
  const session = await sessionFor(context, person, 'download');
  const { name, stream } = await workOf(context.locals.runtime.context, session, context.request.signal);
  return new Response(Readable.toWeb(stream) as ReadableStream, {
    headers: {
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
});
