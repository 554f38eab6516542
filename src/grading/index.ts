/** What graders import as `#grading`. */
export { defineGrader, entries, task } from './grader.ts';
export { needs, rule } from './needs.ts';
export { optional } from './observation.ts';
export { access } from './observe/access.ts';
export { answer } from './observe/answer.ts';
export { dns } from './observe/dns.ts';
export { engine } from './observe/engine.ts';
export { etcd } from './observe/etcd.ts';
export { files } from './observe/files.ts';
export { http } from './observe/http.ts';
export { kube } from './observe/kube.ts';
export { pod } from './observe/pod.ts';
export { policy } from './observe/policy.ts';
export { registry } from './observe/registry.ts';
export { tcp } from './observe/tcp.ts';
export { isLeaving, isReady, isRunning, Pod, rolling, stuck } from './pods.ts';
export { trial } from './trial.ts';
export { reasons } from './wording.ts';
