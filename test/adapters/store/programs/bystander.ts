// A worker that has nothing to do: tells the longest time its event loop did not turn, which is what the machine's load alone does.
import { parentPort } from 'node:worker_threads';

let stall = 0;
let last = performance.now();
setInterval(() => {
  stall = Math.max(stall, performance.now() - last);
  last = performance.now();
}, 5);
parentPort?.on('message', () => parentPort?.postMessage(stall));
parentPort?.postMessage('watching');
