import { z } from 'zod';
import type { ClientCredentials, LabAccess } from '#cluster/port.ts';
import { Blind } from './blind.ts';
import type { Eyes, Look } from './eyes.ts';
import { askInLab, jsonOf } from './lab-http.ts';

/** etcd's own JSON over HTTP: 64-bit numbers are texts, bytes are base64, and what is zero is left out. */
const Number64 = z.string().regex(/^\d+$/).default('0').transform(Number);
const Bytes = z
  .base64()
  .default('')
  .transform((text) => Buffer.from(text, 'base64'));
const Status = z.object({
  header: z.object({ member_id: z.string() }),
  version: z.string(),
  dbSize: Number64,
  leader: z.string().default('0'),
});
const Members = z.object({ members: z.array(z.object({ name: z.string().default('') })).default([]) });
const Alarms = z.object({ alarms: z.array(z.object({ alarm: z.string().default('NONE') })).default([]) });
const Range = z.object({ kvs: z.array(z.object({ key: Bytes, value: Bytes })).default([]) });

const mostKeys = 100;
const shownBytes = 64;

export const etcdStatus: Look<'etcd.status'> = async ({ cluster }, eyes, signal) => {
  const [status, { members }, { alarms }] = await Promise.all([
    ask(eyes, cluster, '/v3/maintenance/status', {}, Status, signal),
    ask(eyes, cluster, '/v3/cluster/member/list', {}, Members, signal),
    ask(eyes, cluster, '/v3/maintenance/alarm', { action: 'GET' }, Alarms, signal),
  ]);
  const { version, dbSize, leader, header } = status;
  return { version, dbSize, isLeader: leader === header.member_id, members, alarms: alarms.map(({ alarm }) => alarm) };
};

export const etcdGet: Look<'etcd.get'> = async ({ cluster, key, prefix }, eyes, signal) => {
  const from = Buffer.from(key);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const asked = { key: base64(from), limit: mostKeys, ...(prefix ? { range_end: base64(endOf(from)) } : {}) };
  const { kvs } = await ask(eyes, cluster, '/v3/kv/range', asked, Range, signal);
  return kvs.map((one) => ({
    key: one.key.toString(),
    size: one.value.length,
    begins: one.value.subarray(0, shownBytes).toString(),
  }));
};

/** The first key after all that begin with a prefix; a zero byte means the end of all keys. */
function endOf(prefix: Uint8Array): Uint8Array {
  const end = prefix.findLastIndex((byte) => byte < 0xff);
  return end < 0 ? Buffer.from([0]) : Buffer.from([...prefix.subarray(0, end), (prefix[end] ?? 0) + 1]);
}

async function ask<T>(eyes: Eyes, cluster: string, path: string, body: object, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const plane = eyes.access.nodes.find((node) => node.cluster === cluster && node.role === 'control-plane');
  if (!plane) throw new Blind(`this lab has no cluster ${cluster}`);
  const credentials = await credentialsOf(eyes, cluster, plane.hostname, signal);
  const request = { host: plane.hostname, port: 2379, path, body, credentials };
  return schema.parse(jsonOf(await askInLab(eyes, request, signal), request));
}

const known = new WeakMap<LabAccess, Map<string, ClientCredentials>>();

/** The certificate that the control plane's own health check uses, read from its node once for as long as the lab is open. */
async function credentialsOf(eyes: Eyes, cluster: string, hostname: string, signal: AbortSignal): Promise<ClientCredentials> {
  const ofLab = known.get(eyes.access) ?? new Map<string, ClientCredentials>();
  known.set(eyes.access, ofLab);
  const remembered = ofLab.get(cluster);
  if (remembered) return remembered;
  const files = ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key'].map((name) => `/etc/kubernetes/pki/etcd/${name}`);
  const { code, stdout } = await eyes.provider.exec(eyes.ref, { kind: 'node', cluster, hostname }, ['cat', ...files], { signal });
  const [ca, cert, key] = stdout.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n/g) ?? [];
  if (code !== 0 || !ca || !cert || !key) throw new Blind(`${hostname} has no certificates of etcd`);
  ofLab.set(cluster, { ca, cert, key });
  return { ca, cert, key };
}
