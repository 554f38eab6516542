/** One thing in a timeline, times in milliseconds since 1970; without an end it is a moment. */
export interface Span {
  track: string;
  name: string;
  from: number;
  to?: number;
  args?: Readonly<Record<string, unknown>>;
}

/** Spans as Chrome's trace format has them, which Perfetto (ui.perfetto.dev) opens; each way of starting is a process of its own. */
export function traceFile(ways: readonly { name: string; from: number; spans: readonly Span[] }[]): string {
  const traceEvents = ways.flatMap(({ name, from, spans }, index) => {
    const pid = index + 1;
    const lanes = [...Map.groupBy(spans, ({ track }) => track)].flatMap(([track, mine]) =>
      inLanes(mine).map((lane, number) => ({ name: number === 0 ? track : `${track} (${number + 1})`, lane })),
    );
    const named = [
      { ph: 'M', pid, name: 'process_name', args: { name } },
      ...lanes.map((lane, tid) => ({ ph: 'M', pid, tid, name: 'thread_name', args: { name: lane.name } })),
    ];
    const events = lanes.flatMap(({ lane }, tid) =>
      lane.map((span) => {
        const at = { pid, tid, name: span.name, ts: micro(span.from - from), args: span.args ?? {} };
        return span.to === undefined ? { ...at, ph: 'i', s: 't' } : { ...at, ph: 'X', dur: micro(span.to) - micro(span.from) };
      }),
    );
    return [...named, ...events];
  });
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
}

/** Spans of one track that run side by side are drawn below each other: of two that cross in one row, Perfetto drops one. */
function inLanes(spans: readonly Span[]): Span[][] {
  const lanes: { spans: Span[]; until: number }[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const free = lanes.find(({ until }) => until <= span.from);
    const lane = free ?? { spans: [], until: 0 };
    if (free === undefined) lanes.push(lane);
    lane.spans.push(span);
    lane.until = span.to ?? span.from;
  }
  return lanes.map((lane) => lane.spans);
}

const micro = (milliseconds: number) => Math.round(milliseconds * 1000);

/** A line of a node's journal. */
export interface JournalLine {
  at: number;
  from: string;
  message: string;
}

/** `journalctl --output=json`; lines of another form are left out. */
export function journalLines(text: string): JournalLine[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const entry = JSON.parse(line) as Record<string, unknown>;
    const { MESSAGE: message, SYSLOG_IDENTIFIER: from, __REALTIME_TIMESTAMP: stamp } = entry;
    return typeof message === 'string' && typeof stamp === 'string' ? [{ at: Number(stamp) / 1000, from: String(from), message }] : [];
  });
}

/** What systemd, containerd and the kubelet did in a node, from its journal. */
export function nodeSpans(node: string, lines: readonly JournalLine[]): Span[] {
  return [...unitSpans(node, lines), ...runtimeSpans(node, lines), ...kubeletSpans(node, lines)].sort((a, b) => a.from - b.from);
}

function unitSpans(node: string, lines: readonly JournalLine[]): Span[] {
  const begun = new Map<string, number>();
  return lines.flatMap(({ at, from, message }) => {
    if (from !== 'systemd') return [];
    const [, verb = '', unit = ''] = /^(Starting|Started|Finished|Mounting|Mounted) (\S+\.(?:service|mount|socket))/.exec(message) ?? [];
    if (verb === 'Starting' || verb === 'Mounting') begun.set(unit, at);
    const since = begun.get(unit);
    if (since === undefined || verb.endsWith('ing')) return [];
    begun.delete(unit);
    return [{ track: `${node}: systemd`, name: unit, from: since, to: at }];
  });
}

/** Each sandbox and each container, from containerd's own account of its requests. */
function runtimeSpans(node: string, lines: readonly JournalLine[]): Span[] {
  const begun = new Map<string, { at: number; name: string }>();
  const named = new Map<string, string>();
  return lines.flatMap(({ at, from, message }) => {
    if (from !== 'containerd') return [];
    const said = /msg="((?:RunPodSandbox|CreateContainer|StartContainer) .*)"$/.exec(message)?.[1]?.replaceAll('\\"', '"') ?? '';
    const verb = said.split(' ')[0] ?? '';
    const name = /Metadata{Name:([^,]+),/.exec(said)?.[1] ?? named.get(/for "(\w+)"/.exec(said)?.[1] ?? '') ?? '';
    const container = /returns container id "(\w+)"/.exec(said)?.[1];
    if (container !== undefined) named.set(container, name);
    const key = `${verb} ${name}`;
    if (!said.includes('return')) begun.set(key, { at, name });
    const since = begun.get(key);
    if (since === undefined || !said.includes('return')) return [];
    begun.delete(key);
    return [{ track: `${node}: ${verb}`, name, from: since.at, to: at }];
  });
}

function kubeletSpans(node: string, lines: readonly JournalLine[]): Span[] {
  const mine = lines.filter(({ from }) => from === 'kubelet');
  const first = mine[0];
  const find = (part: string) => mine.find(({ message }) => message.includes(part));
  const track = `${node}: kubelet`;
  const started = find('"Started kubelet"');
  const moments = mine.filter(({ message }) =>
    /"(Attempting to register node|Successfully registered node|Node was previously)/.test(message),
  );
  return [
    ...(first && started ? [{ track, name: 'comes up', from: first.at, to: started.at }] : []),
    ...moments.map(({ at, message }) => ({ track, name: /"([^"]+)"/.exec(message)?.[1] ?? '', from: at })),
  ];
}

const milestones: Readonly<Record<string, string>> = {
  etcd: 'ready to serve client requests',
  'kube-apiserver': 'Serving securely',
  'kube-controller-manager': 'Serving securely',
  'kube-scheduler': 'Serving securely',
};

/** Containers of the control plane from their logs (each line after `PATH:`): from the first word until they serve. */
export function logSpans(node: string, text: string): Span[] {
  const logs = Map.groupBy(
    text.split('\n').flatMap((line) => {
      const [, name = '', at = '', said = ''] = /^\S*\/([\w-]+)\/0\.log:(\S+) \S+ \S (.*)$/.exec(line) ?? [];
      return name === '' ? [] : [{ name, at: Date.parse(at), said }];
    }),
    ({ name }) => name,
  );
  return [...logs].flatMap(([name, lines]) => {
    const first = lines[0];
    const serves = lines.find(({ said }) => said.includes(milestones[name] ?? '\0'));
    return first && serves ? [{ track: `${node}: ${name}`, name: 'until it serves', from: first.at, to: serves.at }] : [];
  });
}
