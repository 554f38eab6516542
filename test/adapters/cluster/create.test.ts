import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterError, StepEvent } from '#cluster/port.ts';
import { type FakeLab, fakeLab, soon, spec } from './fake-lab.ts';

let lab: FakeLab;
beforeEach(async () => {
  lab = await fakeLab();
});
afterEach(() => lab.close());

const failure = (promise: Promise<unknown>): Promise<ClusterError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: ClusterError) => error,
  );
const quiet = () => undefined;

describe('making a lab', () => {
  it('gives every object the lab’s labels and a name derived from it', async () => {
    const whole = spec({ containers: [{ name: 'db', image: 'db:1', env: { A: 'b' } }] });
    const access = await lab.provider.create(whole, quiet, soon());
    expect(lab.engine.everything()).toEqual([
      'slipway-l1',
      'slipway-l1-control-plane',
      'slipway-l1-db',
      'slipway-l1-gateway',
      'slipway-l1-home',
      'slipway-l1-toolbox',
    ]);
    const part = (name: string) => lab.engine.containers.get(name)?.Body.Labels ?? {};
    for (const name of lab.engine.containers.keys()) {
      expect(part(name)).toMatchObject({ 'slipway.instance': 'here', 'slipway.lab': 'l1', 'slipway.epoch': '1' });
    }
    expect(part('slipway-l1-control-plane')).toMatchObject({
      'slipway.part': 'node',
      'io.x-k8s.kind.cluster': 'slipway-l1',
      'io.x-k8s.kind.role': 'control-plane',
    });
    expect(part('slipway-l1-db')['slipway.part']).toBe('db');
    expect(access.nodes).toEqual([
      { cluster: 'main', hostname: 'control-plane', container: 'slipway-l1-control-plane', role: 'control-plane' },
    ]);
    expect(access.clusters[0]?.kubernetesVersion).toBe('v1.35.4');
  });

  it('gives the nodes of several clusters their cluster’s name', async () => {
    await lab.close();
    lab = await fakeLab({ hostnames: ['blue-control-plane', 'blue-worker', 'green-control-plane'] });
    const [main] = spec().clusters;
    if (!main) throw new Error('no cluster');
    const two = spec({
      clusters: [
        { ...main, name: 'blue', nodes: [{ role: 'control-plane' }, { role: 'worker' }] },
        { ...main, name: 'green' },
      ],
    });
    const access = await lab.provider.create(two, quiet, soon());
    expect(access.nodes.map((node) => [node.hostname, node.container])).toEqual([
      ['blue-control-plane', 'slipway-l1-blue-control-plane'],
      ['blue-worker', 'slipway-l1-blue-worker'],
      ['green-control-plane', 'slipway-l1-green-control-plane'],
    ]);
  });

  it('confines the toolbox', async () => {
    await lab.provider.create(spec(), quiet, soon());
    const body = lab.engine.containers.get('slipway-l1-toolbox')?.Body;
    expect(body).toMatchObject({
      User: '1000:1000',
      HostConfig: {
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Memory: 536870912,
        NanoCpus: 5e8,
        PidsLimit: 64,
      },
    });
    expect(JSON.stringify(body)).not.toContain('docker.sock');
    expect(body?.HostConfig).not.toHaveProperty('Privileged');
  });

  it('reports each announced step once, its beginning before its end', async () => {
    const events: StepEvent[] = [];
    await lab.provider.create(spec(), (event) => events.push(event), soon());
    for (const { id } of lab.provider.steps(spec())) {
      expect(events.filter((event) => event.id === id && event.state !== 'detail').map((event) => event.state)).toEqual(['begin', 'end']);
    }
  });

  it('scenario 16: a port that another program took is given up for another, a few times', async () => {
    lab.engine.portsTaken = 2;
    await lab.provider.create(spec(), () => {}, soon());
    const starts = () => lab.engine.calls.filter((call) => call.endsWith('/start') && call.startsWith('POST /containers')).length;
    const before = starts();
    lab.engine.portsTaken = 1000;
    const error = await failure(lab.provider.create(spec({ lab: 'l2' }), () => {}, soon()));
    expect(error).toMatchObject({ code: 'port', advice: 'Another program took the port in between. Try again.' });
    expect(starts() - before).toBeLessThan(12);
    expect(lab.engine.everything().filter((name) => name.includes('l2'))).toEqual([]);
  });

  it('publishes ports on loopback only', async () => {
    await lab.provider.create(spec(), quiet, soon());
    const bindings = [...lab.engine.containers.values()].flatMap((each) => Object.values(each.Body.HostConfig?.PortBindings ?? {}).flat());
    expect(bindings).toHaveLength(2);
    for (const binding of bindings) expect(binding).toMatchObject({ HostIp: '127.0.0.1' });
  });

  it('answers the same lab when asked again', async () => {
    const first = await lab.provider.create(spec(), quiet, soon());
    const before = lab.engine.everything();
    expect(await lab.provider.create(spec(), quiet, soon())).toEqual(first);
    expect(lab.engine.everything()).toEqual(before);
  });

  it('takes an address range that no other network has', async () => {
    await lab.provider.create(spec(), quiet, soon());
    await lab.provider.create(spec({ lab: 'l2' }), quiet, soon());
    const ranges = ['slipway-l1', 'slipway-l2'].map((name) => lab.engine.networks.get(name)?.IPAM?.Config?.[0]?.Subnet);
    expect(new Set(ranges).size).toBe(2);
  });
});

describe('a start that fails', () => {
  it('removes what it made and names the step, whichever call of the engine fails', async () => {
    const probe = lab.engine.calls.length;
    await lab.provider.create(spec(), quiet, soon());
    const calls = lab.engine.calls.length - probe;
    await lab.provider.remove(spec(), soon());
    const steps = new Set(['network', 'nodes', 'toolbox', 'gateway', 'control-plane', 'pod-network', 'access', 'ready', undefined]);
    let survived = 0;
    for (let at = 1; at <= calls; at += 1) {
      lab.engine.fault = { at, how: at % 2 ? 'fails' : 'lost' };
      const outcome = await lab.provider.create(spec(), quiet, soon()).then(
        () => null,
        (error: ClusterError) => error,
      );
      lab.engine.fault = null;
      // A fault in the very last look may go unnoticed only if the lab stands.
      if (outcome === null) survived += 1;
      else {
        expect(outcome.name, `call ${at}: ${outcome.stack}`).toBe('ClusterError');
        expect(steps).toContain(outcome.step);
        expect(lab.engine.everything(), `after call ${at} failed: ${outcome.message}`).toEqual([]);
      }
      await lab.provider.remove(spec(), soon());
    }
    expect(survived).toBeLessThan(calls / 4);
  });

  it('leaves nothing although another node was still being made', async () => {
    const { command } = lab.engine;
    lab.engine.slow.set('slipway-l1-worker', 400);
    lab.engine.command = (container, argv, stdin) => (argv[0] === 'timeout' ? { code: 1 } : command(container, argv, stdin));
    await failure(lab.provider.create(spec({ cluster: { nodes: [{ role: 'control-plane' }, { role: 'worker' }] } }), quiet, soon()));
    await lab.engine.idle();
    expect(lab.engine.everything()).toEqual([]);
  });

  it('says which command failed, with its output and a likely cause', async () => {
    const { command } = lab.engine;
    lab.engine.command = (container, argv, stdin) =>
      argv.at(-1)?.includes('kubeadm init')
        ? { code: 1, stderr: 'write /var/lib/etcd: no space left on device\n' }
        : command(container, argv, stdin);
    const error = await failure(lab.provider.create(spec(), quiet, soon()));
    expect(error).toMatchObject({ step: 'control-plane', code: 'no-space' });
    expect(error.command).toBe('docker exec slipway-l1-control-plane kubeadm init --config=/kind/kubeadm.conf --skip-token-print');
    expect(error.output).toContain('no space left');
    expect(error.advice).toContain('disk');
    expect(lab.engine.everything()).toEqual([]);
  });

  it('names the image that is missing', async () => {
    lab.engine.images.delete('toolbox:1');
    const error = await failure(lab.provider.create(spec(), quiet, soon()));
    expect(error).toMatchObject({ code: 'no-image', step: 'toolbox', output: 'No such image: toolbox:1' });
  });

  it('does not touch somebody else’s container of the same name', async () => {
    lab.engine.containers.set('slipway-l1-gateway', {
      Id: 'x',
      Name: 'slipway-l1-gateway',
      State: 'running',
      Body: { Image: 'other', Labels: {} },
    });
    const error = await failure(lab.provider.create(spec(), quiet, soon()));
    expect(error.message).toContain('exists that is not this lab’s'.replace('’', "'"));
    expect(lab.engine.everything()).toEqual(['slipway-l1-gateway']);
  });

  it('refuses names it could not derive, before anything is made', async () => {
    const error = await failure(lab.provider.create(spec({ containers: [{ name: 'toolbox', image: 'db:1', env: {} }] }), quiet, soon()));
    expect(error.message).toContain('toolbox');
    expect(lab.engine.calls).toEqual([]);
  });
});

describe('a start that is stopped', () => {
  it('leaves nothing, at whichever step the signal comes', async () => {
    for (const { id } of lab.provider.steps(spec())) {
      const stop = new AbortController();
      const report = (event: StepEvent) => {
        if (event.id === id && event.state === 'begin') stop.abort();
      };
      const error = await failure(lab.provider.create(spec(), report, stop.signal));
      expect(error.code, `stopped at ${id}`).toBe('aborted');
      expect(lab.engine.everything(), `stopped at ${id}`).toEqual([]);
    }
  });

  it('does not wait for an engine that hangs', async () => {
    await lab.close();
    lab = await fakeLab({ patience: 500 });
    const loaded = spec({ images: ['harbour/api:1.0'] });
    await lab.provider.create(loaded, quiet, soon());
    const calls = lab.engine.calls.length;
    await lab.provider.remove(loaded, soon());
    for (let at = 1; at <= calls; at += 6) {
      lab.engine.fault = { at, how: 'hangs' };
      const outcome = await lab.provider.create(loaded, quiet, soon()).then(
        () => null,
        (error: ClusterError) => error,
      );
      lab.engine.fault = null;
      if (outcome) expect(outcome.code, `call ${at}: ${outcome.stack}`).toBe('deadline');
      if (outcome) expect(lab.engine.everything(), `call ${at} hung`).toEqual([]);
      await lab.provider.remove(loaded, soon());
    }
  });

  it('says that the engine hangs, and how to see it', async () => {
    await lab.close();
    lab = await fakeLab({ patience: 150 });
    lab.engine.fault = { at: 4, how: 'hangs' };
    const error = await failure(lab.provider.create(spec(), quiet, soon()));
    expect(error.code).toBe('deadline');
    expect(error.advice).toContain('hangs');
  });
});
