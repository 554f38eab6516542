import { z } from 'zod';
import { body, endpoint, sessionFor } from '#server/answer.ts';

export const prerender = false;

const Check = z.strictObject({
  task: z.string().max(40).optional(),
  /** What the learner typed, by field of the task. */
  answers: z.record(z.string().max(40), z.string().max(2000)).optional(),
});

export const POST = endpoint(async (context, person) => {
  const { task, answers } = await body(context.request, Check);
  const session = await sessionFor(context, person, 'check');
  return { results: await context.locals.runtime.check(session, task, answers) };
});
