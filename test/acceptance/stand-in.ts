import type Dockerode from 'dockerode';
import type { LabRef } from '#cluster/port.ts';
import { client } from '../fakes/engine/certificates.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const kubeconfig = [
  `certificate-authority-data: ${base64(client.ca)}`,
  `client-certificate-data: ${base64(client.cert)}`,
  `client-key-data: ${base64(client.key)}`,
].join('\n');
const files = ['/etc/kubernetes/super-admin.conf', ...['learner', 'grader', 'prober'].map((name) => `/kind/slipway/${name}.conf`)];
const node = [
  'mkdir -p /kind/slipway /etc/kubernetes; echo v1.35.4 > /kind/version',
  ...files.map((file) => `printf %s "$KUBECONFIG_TEXT" > ${file}`),
  'touch /kind/slipway/complete; exec sleep infinity',
].join('; ');

/**
 * Containers that are labelled as a lab is and do nothing: what a whole lab is to whoever only looks at containers. Its API server is
 * the program that listens on `apiPort` of this host.
 */
export async function standIn(docker: Dockerode, { instance, lab, epoch }: LabRef, image: string, apiPort: number): Promise<void> {
  const labels = (part: string) => ({
    'slipway.instance': instance,
    'slipway.lab': lab,
    'slipway.epoch': String(epoch),
    'slipway.part': part,
  });
  const network = `slipway-${lab}`;
  const name = (part: string) => `${network}-${part}`;
  await docker.createNetwork({ Name: network, Labels: labels('network') });
  const common = { Image: image, StopSignal: 'SIGKILL', Entrypoint: [], Cmd: ['sleep', 'infinity'] };
  const bodies: Dockerode.ContainerCreateOptions[] = [
    {
      ...common,
      name: name('control-plane'),
      Cmd: ['sh', '-c', node],
      Env: [`KUBECONFIG_TEXT=${kubeconfig}`],
      Labels: {
        ...labels('node'),
        'slipway.cluster': 'main',
        'slipway.hostname': 'control-plane',
        'io.x-k8s.kind.cluster': network,
        'io.x-k8s.kind.role': 'control-plane',
      },
      ExposedPorts: { '6443/tcp': {} },
      HostConfig: { NetworkMode: network, PortBindings: { '6443/tcp': [{ HostIp: '127.0.0.1', HostPort: String(apiPort) }] } },
    },
    { ...common, name: name('gateway'), Labels: labels('gateway'), HostConfig: { NetworkMode: network } },
    {
      ...common,
      name: name('toolbox'),
      Labels: { ...labels('toolbox'), 'slipway.whole': ['control-plane', 'toolbox', 'gateway'].map(name).join(',') },
      HostConfig: { NetworkMode: network },
    },
  ];
  for (const body of bodies) await (await docker.createContainer(body)).start();
}
