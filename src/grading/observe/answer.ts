import { z } from 'zod';
import { observation } from '../observation.ts';

export interface AnswerRequest {
  kind: 'answer';
  field: string;
}

/** What the learner last typed into a field of the task (`answers` in lab.yaml); null before that. Hostile text, at most 2000 characters. */
export const answer = (field: string) => observation({ kind: 'answer', field }, z.string().max(2000).nullable());
