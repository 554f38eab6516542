import { z } from 'zod';
import { defineGrader, kube, needs, reasons, task } from '#grading';

const because = reasons({ absent: { seen: '{seen}', needed: 'a ConfigMap', why: 'it is measured', lookAt: 'nothing' } });
const word = kube.object('v1', 'ConfigMap', 'word', {
  namespace: 'default',
  fields: z.object({ metadata: z.object({ name: z.string() }) }),
});

export default defineGrader({
  words: because,
  tasks: {
    word: task({
      lasts: 'state',
      observe: { word },
      expect: z.object({
        word: needs(
          word.value.refine((found) => found !== null),
          because('absent'),
        ),
      }),
    }),
  },
});
