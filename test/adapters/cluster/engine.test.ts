import Dockerode from 'dockerode';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kindProvider } from '#cluster/kind/provider.ts';
import type { ClusterError } from '#cluster/port.ts';
import { type FakeLab, fakeLab, soon, spec } from './fake-lab.ts';

const quiet = () => undefined;

describe('without an engine', () => {
  const provider = kindProvider({
    docker: new Dockerode({ socketPath: '/nowhere/docker.sock' }),
    nodeImage: async () => 'node:1',
    gatewayImage: async () => 'gateway:1',
  });

  it('says so as a fact, not as a fault', async () => {
    const facts = await provider.facts(soon());
    expect(facts.engine).toMatchObject({ ok: false });
    expect(facts.engine.ok ? '' : facts.engine.reason).toContain('Docker engine does not answer');
    expect(facts.cores).toBeGreaterThan(0);
  });

  it('refuses to make a lab with a clear reason', async () => {
    const error: ClusterError = await provider.create(spec(), quiet, soon()).then(
      () => Promise.reject(new Error('it did not fail')),
      (reason: ClusterError) => reason,
    );
    expect(error).toMatchObject({ name: 'ClusterError', code: 'no-engine' });
    expect(error.advice).toContain('doctor');
  });
});

describe('a lab that stands', () => {
  let lab: FakeLab;
  beforeEach(async () => {
    lab = await fakeLab();
  });
  afterEach(() => lab.close());

  it('is opened from its labels, and only when it is whole', async () => {
    const access = await lab.provider.create(spec(), quiet, soon());
    expect(await lab.provider.open(spec(), soon())).toEqual(access);
    expect(await lab.provider.open(spec({ epoch: 2 }), soon())).toBeNull();
    expect(await lab.provider.open(spec({ instance: 'elsewhere' }), soon())).toBeNull();
    const toolbox = lab.engine.containers.get('slipway-l1-toolbox');
    if (toolbox) toolbox.State = 'exited';
    expect(await lab.provider.open(spec(), soon())).toBeNull();
  });

  it('is not offered before its last step', async () => {
    const { command } = lab.engine;
    lab.engine.command = (container, argv, stdin) => (argv[0] === 'touch' ? {} : command(container, argv, stdin));
    await expect(lab.provider.create(spec(), quiet, soon())).rejects.toMatchObject({ code: 'gone' });
  });

  it('is found with its parts, others’ labs are not', async () => {
    await lab.provider.create(spec(), quiet, soon());
    await lab.provider.create(spec({ instance: 'elsewhere', lab: 'l9' }), quiet, soon());
    const found = await lab.provider.find('here', soon());
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ lab: 'l1', epoch: 1, networks: ['slipway-l1'], volumes: ['slipway-l1-home'] });
    expect(found[0]?.containers.map((container) => [container.part, container.state]).sort()).toEqual([
      ['gateway', 'running'],
      ['node', 'running'],
      ['toolbox', 'running'],
    ]);
  });

  it('is removed as often as one likes, and nobody else’s with it', async () => {
    await lab.provider.create(spec(), quiet, soon());
    await lab.provider.create(spec({ lab: 'l2' }), quiet, soon());
    await lab.provider.remove({ instance: 'here', lab: 'l1', epoch: 7 }, soon());
    expect(lab.engine.containers.has('slipway-l1-toolbox')).toBe(true);
    await lab.provider.remove({ instance: 'here', lab: 'l1' }, soon());
    await lab.provider.remove({ instance: 'here', lab: 'l1' }, soon());
    expect(lab.engine.everything().every((name) => name.startsWith('slipway-l2'))).toBe(true);
  });

  it('is removed although the engine refuses at first', async () => {
    await lab.provider.create(spec(), quiet, soon());
    lab.engine.fault = { at: 3, how: 'fails' };
    await lab.provider.remove(spec(), soon());
    expect(lab.engine.everything()).toEqual([]);
  });

  it('is removed although a kill caught a pod in a frozen moment', async () => {
    await lab.close();
    lab = await fakeLab({ patience: 2_000 });
    await lab.provider.create(spec(), quiet, soon());
    lab.engine.frozen.add('slipway-l1-control-plane');
    await lab.provider.remove(spec(), soon());
    expect(lab.engine.everything()).toEqual([]);
  });

  it('runs commands with their input, output and exit code', async () => {
    await lab.provider.create(spec(), quiet, soon());
    lab.engine.command = (container, argv, stdin) => ({ code: 3, stdout: `${container} ${argv.join(' ')}`, stderr: stdin.toUpperCase() });
    const result = await lab.provider.exec(spec(), { kind: 'toolbox' }, ['echo', 'a b'], { signal: soon(), stdin: 'hello' });
    expect(result).toEqual({ code: 3, stdout: 'slipway-l1-toolbox echo a b', stderr: 'HELLO' });
  });

  it('cuts output at the size that was asked for', async () => {
    await lab.provider.create(spec(), quiet, soon());
    lab.engine.command = () => ({ stdout: 'x'.repeat(100_000), stderr: 'y'.repeat(100_000) });
    const result = await lab.provider.exec(spec(), { kind: 'toolbox' }, ['flood'], { signal: soon(), maxBytes: 10 });
    expect([result.stdout.length, result.stderr.length]).toEqual([10, 10]);
  });

  it('stops waiting for a command when the signal comes', async () => {
    await lab.provider.create(spec(), quiet, soon());
    lab.engine.command = () => new Promise(() => undefined);
    const stop = AbortSignal.timeout(100);
    await expect(lab.provider.exec(spec(), { kind: 'toolbox' }, ['sleep', '9'], { signal: stop })).rejects.toMatchObject({
      name: 'ClusterError',
    });
  });

  it('says what is gone', async () => {
    const missing = { code: 'gone' };
    await expect(lab.provider.exec(spec(), { kind: 'toolbox' }, ['true'], { signal: soon() })).rejects.toMatchObject(missing);
    await expect(lab.provider.dial(spec(), { kind: 'api', cluster: 'main' }, soon())).rejects.toMatchObject(missing);
    await expect(lab.provider.dial(spec(), { kind: 'network', host: 'a', port: 1 }, soon())).rejects.toMatchObject(missing);
  });

  it('takes no host name that would be another request', async () => {
    await expect(lab.provider.dial(spec(), { kind: 'network', host: 'a 80 1\nb', port: 1 }, soon())).rejects.toMatchObject({
      code: 'no-name',
    });
  });

  it('tells what happens to its containers, and not what happens to others', async () => {
    await lab.provider.create(spec(), quiet, soon());
    await lab.provider.create(spec({ instance: 'elsewhere', lab: 'l9' }), quiet, soon());
    const stop = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      for await (const event of lab.provider.watch('here', stop.signal)) {
        seen.push(`${event.lab} ${event.epoch} ${event.part} ${event.action}`);
        if (event.action === 'die') stop.abort();
      }
    })();
    await expect.poll(() => lab.engine.calls.at(-1)).toBe('GET /events');
    lab.engine.emit('slipway-l9-toolbox', 'die');
    lab.engine.emit('slipway-l1-toolbox', 'oom');
    lab.engine.emit('slipway-l1-toolbox', 'die');
    await watching;
    expect(seen).toEqual(['l1 1 toolbox oom', 'l1 1 toolbox die']);
  });

  it('says when the engine goes away under a watch', async () => {
    const watching = (async () => {
      for await (const _event of lab.provider.watch('here', soon()));
    })();
    await expect.poll(() => lab.engine.calls.at(-1)).toBe('GET /events');
    const outcome = expect(watching).rejects.toMatchObject({ code: 'no-engine' });
    await lab.engine.close();
    await outcome;
    lab = await fakeLab();
  });
});
