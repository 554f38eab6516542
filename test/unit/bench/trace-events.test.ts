import { expect, test } from 'vitest';
import { journalLines, logSpans, nodeSpans, traceFile } from '../../../bench/trace-events.ts';

const entry = (seconds: number, from: string, message: string) =>
  JSON.stringify({ __REALTIME_TIMESTAMP: String(seconds * 1e6), SYSLOG_IDENTIFIER: from, MESSAGE: message });

const journal = [
  entry(1, 'systemd', 'Starting containerd.service - container runtime...'),
  entry(1.25, 'systemd', 'Started containerd.service - container runtime.'),
  entry(1.5, 'kubelet', 'I1124 01:43:45.555735     123 server.go:525] "Kubelet version" kubeletVersion="v1.35.4"'),
  entry(1.75, 'kubelet', 'I1124 01:43:45.818048     123 server.go:1257] "Started kubelet"'),
  entry(2, 'containerd', 'time="x" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:etcd-control-plane,Uid:a,}"'),
  entry(
    2.5,
    'containerd',
    'time="x" level=info msg="RunPodSandbox for &PodSandboxMetadata{Name:etcd-control-plane,Uid:a,} returns sandbox id \\"5b1\\""',
  ),
  'not json',
].join('\n');

test('a node’s journal tells how long its units, its sandboxes and its kubelet took', () => {
  const spans = nodeSpans('control-plane', journalLines(journal));
  expect(spans.map(({ track, name, from, to }) => [track, name, from, to])).toEqual([
    ['control-plane: systemd', 'containerd.service', 1000, 1250],
    ['control-plane: kubelet', 'comes up', 1500, 1750],
    ['control-plane: RunPodSandbox', 'etcd-control-plane', 2000, 2500],
  ]);
});

test('a container of the control plane is followed from its first word until it serves', () => {
  const path = '/var/log/pods/kube-system_kube-apiserver-control-plane_0bca/kube-apiserver/0.log';
  const spans = logSpans(
    'control-plane',
    [
      `${path}:2026-11-24T01:00:00.5Z stderr F I1124 options.go`,
      `${path}:2026-11-24T01:00:01.75Z stderr F I1124 Serving securely on [::]:6443`,
    ].join('\n'),
  );
  const from = Date.parse('2026-11-24T01:00:00.5Z');
  expect(spans).toEqual([{ track: 'control-plane: kube-apiserver', name: 'until it serves', from, to: from + 1250 }]);
});

test('the file has a process for each way, its tracks by name, and times in microseconds from its beginning', () => {
  const way = { name: 'restored', from: 5000, spans: [{ track: 'steps', name: 'network', from: 5010, to: 5110 }] };
  expect(JSON.parse(traceFile([way]))).toMatchObject({
    traceEvents: [
      { ph: 'M', pid: 1, name: 'process_name', args: { name: 'restored' } },
      { ph: 'M', pid: 1, tid: 0, name: 'thread_name', args: { name: 'steps' } },
      { ph: 'X', pid: 1, tid: 0, name: 'network', ts: 10_000, dur: 100_000 },
    ],
  });
});

test('what runs side by side is in rows of its own, since of two that cross in one row Perfetto drops one', () => {
  const span = (name: string, from: number, to: number) => ({ track: 'steps', name, from, to });
  const spans = [span('nodes', 0, 30), span('gateway', 10, 40), span('access', 30, 50)];
  const { traceEvents } = JSON.parse(traceFile([{ name: 'cold', from: 0, spans }])) as {
    traceEvents: { ph: string; tid: number; name: string; args: { name?: string } }[];
  };
  const rows = new Map(traceEvents.flatMap(({ ph, tid, args }) => (ph === 'M' && tid !== undefined ? [[tid, args.name]] : [])));
  expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ name, tid }) => [name, rows.get(tid)])).toEqual([
    ['nodes', 'steps'],
    ['access', 'steps'],
    ['gateway', 'steps (2)'],
  ]);
});
