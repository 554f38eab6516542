import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { clusterSecrets, type PlacedNode } from '#cluster/kind/pki.ts';

const plane: PlacedNode = {
  cluster: 'main',
  role: 'control-plane',
  hostname: 'control-plane',
  container: 'slipway-a-control-plane',
  kindCluster: 'slipway-a',
  address: '10.201.7.2',
};
const worker: PlacedNode = { ...plane, role: 'worker', hostname: 'worker', container: 'slipway-a-worker', address: '10.201.7.3' };
const made = () => clusterSecrets([plane, worker], plane, '10.96.0.1');
const month = 30 * 24 * 3600_000;

const certificates = (secrets: ReturnType<typeof made>, host: string) =>
  new Map(
    (secrets.files.get(host) ?? [])
      .filter(({ content }) => content.startsWith('-----BEGIN CERTIFICATE'))
      .map(({ path, content }) => [path, new X509Certificate(content)]),
  );

test('every certificate is good from now for more than a month, and signed by its authority', () => {
  const found = certificates(made(), 'control-plane');
  const authorityOf = (path: string) =>
    /etcd[-/]/.test(path)
      ? '/etc/kubernetes/pki/etcd/ca.crt'
      : path.includes('front-proxy')
        ? '/etc/kubernetes/pki/front-proxy-ca.crt'
        : '/etc/kubernetes/pki/ca.crt';
  expect(found.size).toBe(12);
  for (const [path, certificate] of found) {
    const authority = found.get(authorityOf(path));
    expect(authority && certificate.verify(authority.publicKey), path).toBe(true);
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
    expect(certificate.validToDate.getTime() - Date.now()).toBeGreaterThan(month);
    expect(certificate.ca, path).toBe(/ca\.crt$/.test(path));
  }
});

test('the API server is known by every name and address it is called by', () => {
  const server = certificates(made(), 'control-plane').get('/etc/kubernetes/pki/apiserver.crt');
  for (const host of ['kubernetes', 'kubernetes.default.svc', 'control-plane', 'localhost', 'slipway-a-control-plane']) {
    expect(server?.checkHost(host), host).toBe(host);
  }
  for (const address of ['10.96.0.1', '10.201.7.2', '127.0.0.1']) expect(server?.checkIP(address), address).toBe(address);
  expect(server?.checkHost('slipway-b-control-plane')).toBeUndefined();
});

test('each is who the cluster takes it for', () => {
  const secrets = made();
  const subject = (pem: string) => new X509Certificate(pem).subject.split('\n');
  expect(subject(secrets.learner.cert)).toEqual(['O=slipway:learners', 'CN=learner']);
  expect(subject(secrets.grader.cert)).toEqual(['CN=slipway:grader']);
  expect(subject(secrets.admin.cert)).toEqual(['O=system:masters', 'CN=kubernetes-super-admin']);
  const kubelet = [...certificates(secrets, 'worker')].find(([path]) => path.includes('kubelet-client'))?.[1];
  expect(kubelet?.subject.split('\n')).toEqual(['O=system:nodes', 'CN=system:node:worker']);
});

test('no two labs share a key, and a worker is given no authority’s', () => {
  const [one, other] = [made(), made()];
  expect(new X509Certificate(one.learner.cert).verify(new X509Certificate(other.ca).publicKey)).toBe(false);
  const keys = (secrets: ReturnType<typeof made>) =>
    [...secrets.files.values()]
      .flat()
      .map(({ content }) => content)
      .filter((content) => content.includes('PRIVATE KEY'));
  const all = [...keys(one), ...keys(other)];
  expect(new Set(all).size).toBe(all.length);
  expect(one.bootstrapToken).not.toBe(other.bootstrapToken);
  expect(
    one.files
      .get('worker')
      ?.map(({ path }) => path)
      .filter((path) => /ca\.key|sa\.key/.test(path)),
  ).toEqual([]);
});
