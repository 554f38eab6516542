import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { AccessQuestion, Subject } from '#grading/observe/access.ts';
import { Blind } from './blind.ts';
import type { Look } from './eyes.ts';
import { refusal } from './kube-ask.ts';
import { limit } from './limit.ts';

const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const atOnce = 8;

const Review = z.object({ spec: z.record(z.string(), z.unknown()), status: z.object({ allowed: z.boolean().default(false) }) });

/** Asks the API server what it would allow. What a webhook of the learner's refuses or rewrites on the way is no answer. */
export const accessCan: Look<'access.can'> = async ({ cluster, subject, questions }, eyes, signal) => {
  const { ask } = eyes.cluster(cluster);
  const inTurn = limit(atOnce);
  const answers = Object.entries(questions).map(async ([name, question]) => {
    const spec = { ...whoIs(subject), ...attributesOf(question) };
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
    const answer = await inTurn(() => ask(reviews, { signal, send: body }));
    if (answer.status !== 200 && answer.status !== 201) throw new Blind(refusal(answer));
    const review = Review.parse(answer.body);
    if (!isDeepStrictEqual(review.spec, spec))
      throw new Blind('something in the cluster changed the question on its way to the API server');
    return [name, review.status.allowed] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
};

/** The user and groups that the API server takes a subject for, once it has let it in. */
export function whoIs(subject: Subject): { user: string; groups: string[] } {
  if ('serviceAccount' in subject) return whoIs({ user: `system:serviceaccount:${subject.namespace}:${subject.serviceAccount}` });
  const { user, groups = [] } = subject;
  const namespace = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user)?.[1];
  const own = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const kind = user === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return { user, groups: [...new Set([...groups, ...own, kind])] };
}

function attributesOf(question: AccessQuestion) {
  if ('path' in question) return { nonResourceAttributes: { path: question.path, verb: question.verb } };
  const { verb, resource, group, subresource, namespace, name } = question;
  const named = Object.entries({ namespace, verb, group, resource, subresource, name }).filter(([, value]) => value);
  return { resourceAttributes: Object.fromEntries(named) };
}
