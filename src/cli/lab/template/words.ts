import { reasons } from '#grading';

/** What the graders of this lab say, by code: what was seen and what is needed, never how to get there. */
export const because = reasons({
  'answers.silent': {
    seen: 'A request to the Service came to nothing ({problem}).',
    needed: 'Every request answered.',
    why: 'A Service without pods behind it is a name that leads nowhere.',
    lookAt: 'The endpoints of the Service, and the labels at both ends.',
  },
  'answers.stranger': {
    seen: 'A request was answered by {pod}, which is no ready pod labelled app=crane.',
    needed: 'Answers from the crane’s own pods.',
    why: 'That something answers is not enough. It has to be what was asked for.',
    lookAt: 'The endpoints of the Service, and which pods have these addresses.',
  },
  'copies.absent': {
    seen: 'There is no Deployment crane in the namespace quay.',
    needed: 'The Deployment that keeps the crane running.',
    why: 'Without it nothing makes a new pod when one goes.',
    lookAt: 'The Deployments of the namespace.',
  },
  'copies.asked': {
    seen: 'The Deployment asks for {seen} copies.',
    needed: 'Two of them.',
    why: 'One copy is away whenever its pod is replaced.',
    lookAt: 'The spec of the Deployment.',
  },
  'copies.ready': {
    seen: '{seen} copies are ready.',
    needed: 'Two of them, ready.',
    why: 'A copy that is not ready gets no requests.',
    lookAt: 'The pods of the Deployment, and what they wait for.',
  },
});
