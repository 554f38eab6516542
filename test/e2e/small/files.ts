/** A course of two lessons: what a page shows of answers, trials, proofs and authors' mistakes, without a cluster. */
export const files: Readonly<Record<string, string>> = {
  'content/course.yaml': `title: A small course
summary: Two lessons to see what a page makes of a task.
lessons:
  - id: 01-harbour
    title: The harbour
  - id: 02-canal
    title: The canal
`,
  'content/lessons/01-harbour.mdx': `---
title: The harbour
summary: One task of each kind.
minutes: 10
lab: 01-harbour
---

Crates wait on the quay.

<Preview label="logbook" />

\`\`\`sh run
kubectl get deployments
\`\`\`

\`\`\`sh run tab=logs
kubectl get events --watch
\`\`\`

\`\`\`sh
rm -rf quay
\`\`\`

<Task id="crane" />

## The berth

Write down what you saw.

<Task id="berth" />

${'A long day passes in the harbour.\n\n'.repeat(30)}## The storm

Then let the storm come.

<Task id="storm" />
`,
  'labs/01-harbour/lab.yaml': `title: The harbour
summary: Three tasks, one of each kind that a page knows.
minutes: 10
memoryMiB: 700
previews:
  - { id: logbook, title: Open the logbook, host: control-plane, port: 30080, path: /book }
  - { id: shop, title: Open the shop, host: control-plane, port: 30081, hostHeader: shop.example }
prober:
  - { apiGroups: [""], resources: [pods], verbs: [create] }
tasks:
  - id: crane
    title: The crane stands
    points: 2
    brief: Make the Deployment \`crane\` have a copy that is ready.
    hints:
      - A crane needs \`steel\`.
      - It also needs a driver.
      - And someone to shout at.
  - id: berth
    title: You know your berth
    points: 1
    brief: Find out where the ship lies, and write it down.
    answers:
      - { id: number, label: Which berth is it?, placeholder: a number }
      - { id: ship, label: And which ship? }
  - id: storm
    title: It holds in a storm
    points: 3
    brief: Whatever comes, the harbour refuses ships without papers.
    hints: [Papers have a stamp.]
    trial: It asks the harbour to let in a ship without papers, without really sending one.
`,
  'labs/01-harbour/grade.ts': `import { z } from 'zod';
import { answer, defineGrader, kube, needs, reasons, task, trial } from '#grading';

const because = reasons({
  'harbour.amiss': {
    seen: 'Something is amiss.',
    needed: 'All is well.',
    why: 'A harbour is for ships.',
    lookAt: 'The quay.',
  },
});

const crane = kube.object('apps/v1', 'Deployment', 'crane', { namespace: 'harbour', fields: z.object({ kind: z.string().optional() }) });
const pods = kube.list('v1', 'Pod', { namespace: 'harbour', fields: z.object({ kind: z.string().optional() }) });

export default defineGrader({
  words: because,
  tasks: {
    crane: task({
      lasts: 'state',
      observe: { crane },
      expect: z.object({ crane: needs(z.object({}), because('harbour.amiss')) }),
    }),
    berth: task({
      lasts: 'once',
      observe: { number: answer('number') },
      witness: { pods },
      expect: z.object({ number: needs(z.literal('7'), because('harbour.amiss')) }),
    }),
    storm: task({
      lasts: 'state',
      observe: { pods },
      expect: z.object({ pods: pods.value }),
      trial: {
        observe: { ship: trial.dryRun({ verb: 'create', manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'ship' } } }) },
        expect: z.object({ ship: z.object({ accepted: needs(z.literal(false), because('harbour.amiss')) }) }),
      },
    }),
  },
});
`,
  'labs/01-harbour/solve.sh':
    '#: task crane\n# It comes by ship.\nkubectl create deployment crane\n#: task berth\ntrue\n#: task storm\ntrue\n',
  'labs/01-harbour/right/tug.sh': 'true\n',
  'labs/01-harbour/wrong/raft.sh': '# fails: crane harbour.amiss\ntrue\n',
  'content/lessons/02-canal.mdx': `---
title: The canal
summary: Its lab is not finished.
minutes: 5
lab: 02-canal
---

Mind the lock.

<Task id="lock" />
`,
  'labs/02-canal/lab.yaml': `title: The canal
summary: A lab whose grader its author is still writing.
minutes: 5
memoryMiB: 512
tasks:
  - id: lock
    title: The lock opens
    points: 1
    brief: Make the Deployment \`lock\` open for ships.
`,
  'labs/02-canal/grade.ts': `export default { words: {}, tasks: {} };
`,
};
