import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agents, agents } from '#cluster/kind/agents.ts';
import type { ClusterErrorCode, LabRef, ProbePlace } from '#cluster/port.ts';

const program = fileURLToPath(new URL('programs/agent.ts', import.meta.url));
const lab: LabRef = { instance: 'i', lab: 'l1', epoch: 1 };
const pod: ProbePlace = { kind: 'pod', cluster: 'main', node: 'worker', uid: 'u1' };
const soon = () => AbortSignal.timeout(20_000);

let begun: ChildProcess[];
let probers: Agents;

function begin(): Promise<{ stream: Duplex; name: string; keepAlive(): void }> {
  const child = spawn(process.execPath, [program, String(begun.length)], { stdio: ['pipe', 'pipe', 'inherit'] });
  begun.push(child);
  // As with a command in a container: who lets go of the stream ends its input.
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  return Promise.resolve({ stream, name: 'worker', keepAlive: () => undefined });
}

beforeEach(() => {
  begun = [];
  probers = agents(begin);
});
afterEach(() => {
  probers.close();
  for (const child of begun) child.kill();
});

const probe = async (how: string, { at = pod, of = lab, timeout = 2000, signal = soon() } = {}): Promise<string> => {
  const { received } = await probers.probe(of, at, { op: 'tcp', host: how, port: 80, send: '', read: 1, until: null, timeout }, signal);
  return Buffer.from(received).toString();
};
const codeOf = (work: Promise<unknown>): Promise<ClusterErrorCode> =>
  work.then(
    () => expect.fail('it was made'),
    (error: { code: ClusterErrorCode }) => error.code,
  );

describe('probes of one node', () => {
  it('share one agent, and each gets its own answer whatever the order', async () => {
    const waiting = [probe('waits'), probe('waits')];
    expect(await probe('a')).toBe('a by agent 1');
    expect(await Promise.all(waiting)).toEqual(['waited', 'waited']);
    expect(await Promise.all(['b', 'c', 'd'].map((how) => probe(how)))).toEqual(['b by agent 1', 'c by agent 1', 'd by agent 1']);
    expect(begun).toHaveLength(1);
  });

  it('are made once more, by a new agent, when theirs dies in the middle', async () => {
    const other = probe('waits');
    expect(await probe('dies 1')).toBe('dies by agent 2');
    expect(await Promise.race([other, probe('again')])).toMatch(/waited|again by agent 2/);
    expect(begun).toHaveLength(2);
  });

  it('are not tried a third time', async () => {
    expect(await codeOf(probe('dies'))).toBe('engine');
    expect(begun).toHaveLength(2);
    expect(await probe('later')).toBe('later by agent 3');
  });

  it('survive an agent that says something else than its protocol', async () => {
    expect(await probe('babbles 1')).toBe('babbles by agent 2');
    expect(await codeOf(probe('babbles'))).toBe('engine');
  });

  it('are given up in time when the agent never answers, and the next has a new one', async () => {
    const began = performance.now();
    expect(await codeOf(probe('never', { timeout: 100 }))).toBe('deadline');
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await probe('next')).toBe('next by agent 2');
  });

  it('do not cost a busy agent its life when one of them is late', async () => {
    const late = codeOf(probe('never', { timeout: 100 }));
    await probe('a');
    const other = probe('waits');
    expect(await late).toBe('deadline');
    await probe('b');
    expect(await other).toBe('waited');
    expect(begun).toHaveLength(1);
  });

  it('wait their turn when there are many', async () => {
    const crowds = await Promise.all(Array.from({ length: 300 }, () => probe('crowds')));
    const largest = Math.max(...crowds.map(Number));
    expect(largest).toBeGreaterThan(1);
    // More than the gateway's agent makes at once would wait there, at the cost of their own time.
    expect(largest).toBeLessThan(64);
  });

  it('are not given the memory for an answer without end', async () => {
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(probe('floods'))).toBe('engine');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
    expect(await probe('after')).toBe('after by agent 3');
  });

  it('fail when what comes back has another form', async () => {
    expect(await codeOf(probe('says-too-little'))).toBe('engine');
  });

  it('say that a pod is not there, without a second try', async () => {
    expect(await codeOf(probe('has-no-pod'))).toBe('no-pod');
    expect(begun).toHaveLength(1);
  });

  it('end with their caller, and no other with them', async () => {
    const giveUp = new AbortController();
    const given = codeOf(probe('never', { timeout: 10_000, signal: giveUp.signal }));
    const other = probe('waits');
    giveUp.abort();
    expect(await given).toBe('aborted');
    await probe('x');
    expect(await other).toBe('waited');
    expect(begun).toHaveLength(1);
  });
});

describe('an agent', () => {
  it('is one per node and lab, and ends with its lab', async () => {
    const next = { ...lab, lab: 'l2' };
    await Promise.all([probe('a'), probe('a', { at: { ...pod, node: 'control-plane' } }), probe('a', { of: next })]);
    expect(begun).toHaveLength(3);
    const [first, second, third] = begun;
    const ends = [first, second].map((child) => child && once(child, 'exit'));
    probers.close({ instance: 'i', lab: 'l1' });
    await Promise.all(ends);
    expect(third?.exitCode).toBeNull();
    expect(await probe('b', { of: next })).toBe('b by agent 3');
  });

  it('ends when nothing was asked of it for a while', async () => {
    probers = agents(begin, 50);
    expect(await probe('a')).toBe('a by agent 1');
    if (begun[0]) await once(begun[0], 'exit');
    expect(await probe('b')).toBe('b by agent 2');
  });

  it('that cannot be begun is a failure of the probe, and is tried again by the next', async () => {
    let isBroken = true;
    probers = agents(async () => {
      if (isBroken) throw new Error('no such container');
      return await begin();
    });
    await expect(probe('a')).rejects.toThrow('no such container');
    isBroken = false;
    expect(await probe('b')).toBe('b by agent 1');
  });
});
