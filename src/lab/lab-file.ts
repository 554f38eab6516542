import { z } from 'zod';

const id = z.string().regex(/^[a-z][a-z0-9-]{0,38}$/, 'use lower-case letters, digits and dashes, beginning with a letter');

/** `labs/NN-name/lab.yaml`: what stands when the learner arrives, and what the tasks tell them. How they are judged is `grade.ts`. */
export const LabFile = z.strictObject({
  title: z.string().min(3).max(80),
  summary: z.string().min(10).max(200),
  minutes: z.int().min(1).max(120).describe('About how long the tasks take a learner, in minutes.'),
  memoryMiB: z.int().min(256).max(16_384).describe('Memory the whole lab needs, as measured, in MiB.'),
  clusters: z
    .array(
      z.strictObject({
        name: id.default('main'),
        workers: z.int().min(0).max(2).default(0),
        kubeadmPatches: z
          .array(z.record(z.string(), z.json()))
          .default([])
          .describe("Merge patches on kubeadm's documents; each names its `kind`."),
        setup: z
          .array(z.string().regex(/^[\w.-]+\.yaml$/))
          .default([])
          .describe('Files of `setup/` applied to this cluster, in this order.'),
      }),
    )
    .min(1)
    .max(3)
    .default([{ name: 'main', workers: 0, kubeadmPatches: [], setup: [] }]),
  containers: z
    .array(
      z.strictObject({
        name: id,
        image: z.string(),
        env: z.record(z.string(), z.string()).default({}),
        command: z.array(z.string()).optional(),
        memoryMiB: z.int().min(16).optional(),
      }),
    )
    .default([]),
  images: z
    .array(z.string().regex(/^[a-z0-9./-]+:[\w.-]+$/))
    .default([])
    .describe('Images, by name and tag, that every node has before set-up. Built from `images/` when the engine lacks them.'),
  previews: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'use lower-case letters, digits and dashes')
          .refine((id) => !id.includes('--'), 'no double dash'),
        title: z.string().min(2).max(60).describe('What the button that opens it says.'),
        host: z
          .string()
          .regex(/^[a-z0-9.-]{1,120}$/)
          .describe('Host name on the lab’s network: a node (`control-plane`) or a container of the lab.'),
        port: z.int().min(1).max(65_535),
        hostHeader: z
          .string()
          .regex(/^[a-zA-Z0-9.:-]{1,253}$/)
          .optional()
          .describe('The Host that the program expects, when it is not `host:port`: of an Ingress rule.'),
        tls: z.boolean().default(false).describe('Speak TLS to it; any certificate is taken.'),
        path: z
          .string()
          .regex(/^\/[^\s]*$/)
          .max(200)
          .default('/'),
      }),
    )
    .max(12)
    .default([])
    .refine((previews) => new Set(previews.map((preview) => preview.id)).size === previews.length, 'two previews have the same id')
    .describe('Programs of the lab that a browser can open, in a tab of their own.'),
  /** What the prober may do in trials, as RBAC rules. */
  prober: z
    .array(
      z.strictObject({
        apiGroups: z.array(z.string()),
        resources: z.array(z.string()),
        verbs: z.array(z.string()),
        resourceNames: z.array(z.string()).exactOptional(),
      }),
    )
    .default([]),
  tasks: z
    .array(
      z.strictObject({
        id,
        title: z.string().min(3).max(80),
        points: z.int().min(1).max(10),
        brief: z.string().min(20).max(1200).describe('What the learner is told to make true. Markdown, a few sentences.'),
        hints: z.array(z.string().max(400)).default([]).describe('A hint a step; opened one by one.'),
        trial: z
          .string()
          .min(20)
          .max(300)
          .optional()
          .describe('What Check does to the lab, told before it is pressed. Needed when `grade.ts` gives the task a trial.'),
        /** Fields the learner fills in beside the task; what they hold is handed in with Check. */
        answers: z
          .array(z.strictObject({ id, label: z.string().min(2).max(120), placeholder: z.string().max(80).optional() }))
          .max(5)
          .default([]),
      }),
    )
    .min(1)
    .refine((tasks) => new Set(tasks.map((task) => task.id)).size === tasks.length, 'two tasks have the same id')
    .refine((tasks) => {
      const fields = tasks.flatMap(({ answers }) => answers.map((answer) => answer.id));
      return new Set(fields).size === fields.length;
    }, 'two answers of this lab have the same id'),
});
export type LabFile = z.infer<typeof LabFile>;
