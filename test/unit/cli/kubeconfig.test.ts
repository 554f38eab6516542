import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubeconfig, usable } from '#cli/kubeconfig.ts';
import type { LabSession } from '#store/port.ts';

const access = (cluster: string, port: number) => ({
  cluster,
  server: `https://127.0.0.1:${port}`,
  credentials: { ca: `ca of ${cluster}`, cert: `cert of ${cluster}`, key: `key of ${cluster}` },
});
const decoded = (text: string) => Buffer.from(text, 'base64').toString();

test('one cluster is a context called after the lab, which is the current one', () => {
  const config = parse(kubeconfig('04-x', [access('main', 32768)], false));
  expect(config).toMatchObject({ 'current-context': 'slipway-04-x', contexts: [{ name: 'slipway-04-x' }] });
  expect(config.clusters[0].cluster).toMatchObject({ server: 'https://127.0.0.1:32768', 'tls-server-name': 'kubernetes' });
  expect(decoded(config.users[0].user['client-key-data'])).toBe('key of main');
});

test('several clusters are as many contexts, each with its own certificate', () => {
  const config = parse(kubeconfig('09-two', [access('east', 1), access('west', 2)], true));
  expect(config['current-context']).toBe('slipway-09-two-east');
  expect(config.contexts).toEqual([
    { name: 'slipway-09-two-east', context: { cluster: 'slipway-09-two-east', user: 'slipway-09-two-east' } },
    { name: 'slipway-09-two-west', context: { cluster: 'slipway-09-two-west', user: 'slipway-09-two-west' } },
  ]);
  expect(decoded(config.clusters[1].cluster['certificate-authority-data'])).toBe('ca of west');
});

test('a lab that does not run, is paused or is being made is told, with what to do', () => {
  const at = '2026-11-23T10:00:00.000Z';
  const session = (state: LabSession['state']): LabSession => ({
    ...{ id: 's', person: 'p', lab: '04-x', labVersion: 'v', state, instance: 'i', epoch: 1, instanceEpoch: 1, way: null, reason: null },
    ...{ createdAt: at, changedAt: at, activeAt: at, keepUntil: null },
  });
  const here = { data: '/nowhere' };
  expect(() => usable(null, '04-x', here)).toThrow('the lab 04-x does not run');
  expect(() => usable(session('paused'), '04-x', here)).toThrow('is paused');
  expect(() => usable(session('starting'), '04-x', here)).toThrow('is starting');
  expect(usable(session('ready'), '04-x', here)).toMatchObject({ instance: 'i' });
});
