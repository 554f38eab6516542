import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeLab, fakeLab, soon, spec } from './fake-lab.ts';

let lab: FakeLab;
let inputs: { container: string; script: string; stdin: string }[];
beforeEach(async () => {
  lab = await fakeLab({ hostnames: ['control-plane', 'worker'] });
  inputs = [];
  const { command } = lab.engine;
  lab.engine.command = (container, argv, stdin) => {
    inputs.push({ container, script: argv.join(' '), stdin });
    return command(container, argv, stdin);
  };
});
afterEach(() => lab.close());

const quiet = () => undefined;
const configOf = (container: string) =>
  inputs.find((input) => input.container === container && /kubeadm (init|join)/.test(input.script))?.stdin ?? '';
const twoNodes = spec({ cluster: { nodes: [{ role: 'control-plane' }, { role: 'worker' }] } });

describe('a node', () => {
  it('knows its cluster by constant names and its own address', async () => {
    await lab.provider.create(twoNodes, quiet, soon());
    expect(configOf('slipway-l1-control-plane')).toContain('controlPlaneEndpoint: "control-plane:6443"');
    expect(configOf('slipway-l1-control-plane')).toContain('podSubnet: "10.244.0.0/16"');
    expect(configOf('slipway-l1-worker')).toContain('apiServerEndpoint: "control-plane:6443"');
    expect(lab.engine.containers.get('slipway-l1-worker')?.Body['Hostname']).toBe('worker');
  });

  it('takes pods on the control plane only when it is alone', async () => {
    await lab.provider.create(twoNodes, quiet, soon());
    expect(configOf('slipway-l1-control-plane')).not.toContain('taints');
    await lab.provider.remove(twoNodes, soon());
    inputs = [];
    await lab.provider.create(spec(), quiet, soon());
    expect(configOf('slipway-l1-control-plane')).toContain('taints: []');
  });

  it('joins with the token of its own cluster', async () => {
    await lab.provider.create(twoNodes, quiet, soon());
    expect(configOf('slipway-l1-worker')).toContain('token: "abcdef.0123456789abcdef"');
  });

  it('gets the author’s settings beside ours', async () => {
    const patch = { kind: 'ClusterConfiguration', controllerManager: { extraArgs: [{ name: 'node-monitor-grace-period', value: '20s' }] } };
    await lab.provider.create(spec({ cluster: { kubeadmPatches: [patch] } }), quiet, soon());
    const config = configOf('slipway-l1-control-plane');
    expect(config).toContain('node-monitor-grace-period');
    expect(config).toMatch(/name: "leader-elect"\n\s+value: "false"\n(?:.|\n)*- name: "node-monitor-grace-period"\n\s+value: "20s"/);
  });

  it('refuses a node image that is too old, naming the version', async () => {
    const { command } = lab.engine;
    lab.engine.command = (container, argv, stdin) =>
      argv.at(-1)?.endsWith('cat /kind/slipway/token')
        ? { stdout: 'v1.29.2\n\nabcdef.0123456789abcdef\n' }
        : command(container, argv, stdin);
    await expect(lab.provider.create(spec(), quiet, soon())).rejects.toMatchObject({
      code: 'no-image',
      message: expect.stringContaining('v1.29.2'),
    });
  });

  it('is given the images it lacks, and only those', async () => {
    const { command } = lab.engine;
    lab.engine.images.add('harbour/web:2.0');
    lab.engine.command = (container, argv, stdin) =>
      argv.includes('ls') && argv[0] === 'ctr' ? { stdout: 'docker.io/harbour/api:1.0\n' } : command(container, argv, stdin);
    const details: string[] = [];
    const images = ['harbour/api:1.0', 'harbour/web:2.0'];
    await lab.provider.create(spec({ images }), (event) => event.state === 'detail' && details.push(event.detail), soon());
    expect(details).toEqual(['harbour/web:2.0 → control-plane']);
    expect(inputs.filter((input) => input.stdin === 'a tar')).toHaveLength(1);
  });

  it('cannot be given an image that the engine has not; the failure names it', async () => {
    await expect(lab.provider.create(spec({ images: ['harbour/none:1.0'] }), quiet, soon())).rejects.toMatchObject({
      code: 'no-image',
      step: 'images',
      message: expect.stringContaining('harbour/none:1.0'),
    });
  });
});
