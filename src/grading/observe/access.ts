import { z } from 'zod';
import { observation, type Place } from '../observation.ts';

/** Who is asked about: a user with groups, or a service account. */
export type Subject = { user: string; groups?: readonly string[] } | { serviceAccount: string; namespace: string };

/** May the subject do this? Without `namespace` in all namespaces; without `name` to any object. `path` is for what is no resource. */
export type AccessQuestion =
  | { verb: string; resource: string; group?: string; subresource?: string; namespace?: string; name?: string }
  | { verb: string; path: string };

export interface AccessRequest {
  kind: 'access.can';
  cluster: string;
  subject: Subject;
  questions: Readonly<Record<string, AccessQuestion>>;
}

export const access = {
  /** What the API server would allow a subject (SubjectAccessReview), by the name of each question. */
  can: <const Questions extends Readonly<Record<string, AccessQuestion>>>(
    subject: Subject,
    questions: Questions,
    { cluster = 'main' }: Place = {},
  ) =>
    observation(
      { kind: 'access.can', cluster, subject, questions },
      z.object(Object.fromEntries(Object.keys(questions).map((name) => [name, z.boolean()]))) as unknown as z.ZodType<{
        [Name in keyof Questions]: boolean;
      }>,
    ),
};
