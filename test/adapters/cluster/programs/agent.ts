/**
 * Speaks as the gateway's agent does, and misbehaves on request: the host of a TCP probe says how. Its argument tells how many were
 * begun before it.
 */
import { createInterface } from 'node:readline';

const earlier = Number(process.argv[2]);
const say = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
const received = (id: number, text: string) => say({ id, result: { problem: null, received: Buffer.from(text).toString('base64') } });
// Who floods may find that nobody reads any more.
process.stdout.on('error', () => process.exit(1));
const held: (() => void)[] = [];
let crowd = 0;
let largestCrowd = 0;

for await (const line of createInterface(process.stdin)) {
  const { id, place, probe } = JSON.parse(line);
  const [how, ...times] = String(probe.host).split(' ');
  const isPast = times.length > 0 && earlier >= Number(times[0]);
  if (how === 'dies' && !isPast) process.exit(1);
  switch (isPast ? 'good' : how) {
    case 'babbles':
      process.stdout.write('OCI runtime exec failed: no such file\n');
      break;
    case 'floods':
      // More than a line may hold, and no end of it.
      for (let megabytes = 0; megabytes < 12; megabytes += 1) process.stdout.write('x'.repeat(1024 * 1024));
      break;
    case 'says-too-little':
      say({ id, result: { problem: null } });
      break;
    case 'has-no-pod':
      say({ id, error: { code: 'no-pod', message: `no pod ${place.uid} runs here` } });
      break;
    case 'never':
      break;
    case 'crowds':
      crowd += 1;
      largestCrowd = Math.max(crowd, largestCrowd);
      setTimeout(() => {
        crowd -= 1;
        received(id, `${largestCrowd}`);
      }, 20);
      break;
    case 'waits':
      held.push(() => received(id, 'waited'));
      break;
    default:
      received(id, `${how} by agent ${earlier + 1}`);
      // Those that waited are answered after it, the last one first.
      for (const answer of held.splice(0).reverse()) answer();
  }
}
