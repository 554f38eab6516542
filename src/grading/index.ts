/** What graders import as `#grading`. */
export { defineGrader, entries, task } from './grader.ts';
export { needs, rule } from './needs.ts';
export { http, kube, optional } from './observation.ts';
export { isReady, isRunning, Pod, rolling, stuck } from './pods.ts';
export { reasons } from './wording.ts';
