import { setTimeout as pause } from 'node:timers/promises';
import type { BenchOptions } from './bench-lab.ts';
import { ofLimit, ofPairs } from './figure.ts';
import { usedBy } from './lab/cgroup.ts';
import { peerName, stockKind } from './lab/kind.ts';
import { bare, benchSite } from './lab/site.ts';

const settleMilliseconds = 60_000;
const pausedMilliseconds = 60_000;
/** Reading the usage costs the engine nothing, and a frozen group a few microseconds of accounting. */
const nothing = 0.01;

/** What a lab costs in which nobody does anything, all its containers together, beside a cluster of kind's: at the same time. */
export async function measure(options: BenchOptions) {
  const { signal, say, pairs = 1, minutes = 10 } = options;
  await using kind = await stockKind(options);
  await using on = await benchSite(options, { env: { SLIPWAY_IDLE_MINUTES: '0' } });
  const name = peerName();
  await kind.create(name);
  const [one] = await on.learners(1);
  if (one === undefined) throw new Error('there is no learner');
  const { session } = await one.start(bare);
  const ours = `slipway.instance=${on.here.instance}`;
  const peer = `io.x-k8s.kind.cluster=${name}`;
  const both = async () => ({ ours: await usedBy(ours), peer: await usedBy(peer) });
  say(`both stand; ${minutes} min of idleness, ${pairs} times`);
  await pause(settleMilliseconds, undefined, { signal });
  const memory = [];
  const processor = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const before = await both();
    await pause(minutes * 60_000, undefined, { signal });
    const after = await both();
    memory.push({ ours: after.ours.memoryMiB, peer: after.peer.memoryMiB });
    processor.push({ ours: after.ours.cpuSeconds - before.ours.cpuSeconds, peer: after.peer.cpuSeconds - before.peer.cpuSeconds });
    say(`pair ${pair + 1}: memory ${JSON.stringify(memory.at(-1))} MiB, processor ${JSON.stringify(processor.at(-1))} s`);
  }
  await one.call('POST', `/api/sessions/${session}/pause`);
  await pause(5_000, undefined, { signal });
  const before = await usedBy(ours);
  await pause(pausedMilliseconds, undefined, { signal });
  const paused = await usedBy(ours);
  const figures = [
    ofPairs({ name: 'P3', what: 'memory of an idle lab, toolbox and gateway with it, beside kind', unit: 'MiB', bar: 0.75 }, memory),
    ofPairs({ name: 'P3', what: `processor of an idle lab in ${minutes} min, beside kind`, unit: 's', bar: 0.5 }, processor),
    ofLimit({ name: 'P3', what: 'processor of a paused lab in a minute', unit: 's', limit: nothing }, [
      paused.cpuSeconds - before.cpuSeconds,
    ]),
  ];
  return { figures, details: { kind: kind.version, minutes, memory, processor, paused } };
}
