import { setTimeout as pause } from 'node:timers/promises';
import type { SessionView } from '#runtime/hub.ts';
import { openStore } from '#store/open.ts';
import { type BenchOptions, quantile, unlessStopped } from './bench-lab.ts';
import { ofFailures, ofLimit } from './figure.ts';
import { engine } from './lab/first-pod.ts';
import type { Learner } from './lab/learner.ts';
import { type BenchSite, bare, benchSite, capturesGood } from './lab/site.ts';
import { openOurs } from './shell/ours.ts';
import { command } from './shell/terminal.ts';

const every = 10_000;
const commands = [
  'kubectl get pods -A',
  'kubectl create configmap word || true',
  'seq 20000',
  'kubectl get --raw /metrics | wc -c',
  'sleep 1',
];

/** What one user saw go wrong, and how often each thing was done. */
interface Story {
  failures: string[];
  done: Record<string, number>;
}

/**
 * People who start, type, check, reset, pause and end at random, as the laws of chance have it, and a server that is killed in the first
 * third of the time. Then: what failed, what is left in the engine, and how memory and open files of the server went after the kills.
 */
export async function measure(options: BenchOptions) {
  const { signal, say, minutes = 30, most = 4 } = options;
  await using on = await benchSite(options, { poolMiB: 1500, captures: 1 });
  say('a capture is taken');
  await on.reaches(capturesGood, 1, 900);
  const ends = Date.now() + minutes * 60_000;
  const calm = Date.now() + minutes * 20_000;
  const story: Story = { failures: [], done: {} };
  const isUp = { now: true };
  const memory: { at: number; mib: number; files: number }[] = [];
  // What fails here itself, and Ctrl-C, stop all of it.
  const stop = new AbortController();
  const limit = AbortSignal.any([signal, stop.signal]);
  const over = () => limit.aborted || Date.now() >= ends;
  const people = await on.learners(most);
  const users = people.map(async (one) => {
    while (!over()) await act(on, one, story, isUp);
  });
  const killer = async () => {
    while (Date.now() < calm && !over()) {
      await pause(Math.min(calm - Date.now(), 20_000 + Math.random() * minutes * 4_000), undefined, { signal: limit });
      isUp.now = false;
      await on.here.kill('SIGKILL');
      await on.here.start();
      isUp.now = true;
      count(story, 'kill');
    }
  };
  const watcher = async () => {
    while (!over()) {
      await pause(every, undefined, { signal: limit });
      if (!isUp.now || Date.now() < calm) continue;
      memory.push({
        at: Date.now(),
        mib: (await on.figure('process_resident_memory_bytes')) / 1024 ** 2,
        files: await on.figure('process_open_fds'),
      });
      if (memory.length % 12 === 0) say(JSON.stringify({ ...memory.at(-1), done: story.done, failures: story.failures.length }));
    }
  };
  try {
    await unlessStopped(signal, Promise.all([...users, killer(), watcher()]));
  } finally {
    stop.abort();
  }
  for (const one of people) await unlessStopped(signal, ended(one, story));
  const left = await leftOver(on, signal);
  const half = Math.floor(memory.length / 2);
  const files = (of: typeof memory) =>
    quantile(
      of.map((one) => one.files),
      0.5,
    );
  const figures = [
    ofFailures({ name: 'soak', what: `what failed in ${minutes} min of ${most} users`, unit: 'failures' }, [story.failures.length]),
    ofFailures({ name: 'soak', what: 'labs in the engine that nobody has', unit: 'labs' }, [left.length]),
    ofLimit({ name: 'soak', what: 'growth of open files, second half beside the first', unit: 'files', limit: 20 }, [
      Math.max(0, files(memory.slice(half)) - files(memory.slice(0, half))),
    ]),
    ofLimit({ name: 'soak', what: 'slope of the server’s memory', unit: 'MiB/min', limit: 1, judge: minutes >= 20 }, [slope(memory)]),
  ];
  return { figures, details: { minutes, users: most, ...story, left, memory, log: on.here.output().split('\n').slice(-100) } };
}

const count = (story: Story, what: string) => {
  story.done[what] = (story.done[what] ?? 0) + 1;
};

/** One thing a person does. What is refused in words is no failure (409, 429, 503 with Retry-After), nor what the kill cut off. */
async function act(on: BenchSite, one: Learner, story: Story, isUp: { now: boolean }): Promise<void> {
  const wasUp = isUp.now;
  const kills = story.done['kill'] ?? 0;
  const chance = Math.random();
  let what = 'look';
  try {
    await pause(200 + Math.random() * 3_000);
    const { body } = await one.call('GET', `/api/labs/${bare}/session`);
    const session = (body as { session: SessionView | null }).session;
    const post = async (verb: string, sent?: unknown) => {
      what = verb;
      const { status, body: answer } = await one.call('POST', `/api/sessions/${session?.id}/${verb}`, sent);
      if (status >= 400 && ![404, 409, 429, 503].includes(status)) throw new Error(`${status} ${JSON.stringify(answer)}`);
    };
    if (session?.state === 'paused') await post('resume');
    else if (session === null || session.state === 'ended') {
      what = 'start';
      await one.start(bare);
    } else if (session.state === 'failed' || session.state === 'crashed') {
      story.failures.push(`a lab is ${session.state}: ${JSON.stringify(session.reason)}`);
      await post('end');
    } else if (session.state !== 'ready') what = 'wait';
    else if (chance < 0.5) {
      what = 'type';
      const terminal = await openOurs(on.here.origin, { session: session.id, cookie: one.cookie }, 1 + Math.floor(Math.random() * 4));
      await command(terminal, commands[Math.floor(Math.random() * commands.length)] ?? 'true');
      await terminal.exit();
    } else if (chance < 0.75) await post('check', {});
    else if (chance < 0.85) {
      what = 'reset';
      await one.reset(session.id);
    } else if (chance < 0.92) await post('pause');
    else {
      what = 'end';
      await one.end(session.id);
    }
    count(story, what);
  } catch (error) {
    const said = String(error instanceof Error && error.cause ? `${error.message}: ${String(error.cause)}` : error);
    const isRefused = / answered (409|429|503)/.test(said);
    const isCut = !wasUp || !isUp.now || kills !== (story.done['kill'] ?? 0);
    if (isRefused || isCut) count(story, isRefused ? 'refused' : 'cut off');
    else story.failures.push(`${what}: ${said.slice(0, 300)}`);
  }
}

async function ended(one: Learner, story: Story): Promise<void> {
  try {
    const { body } = await one.call('GET', `/api/labs/${bare}/session`);
    const { session } = body as { session: SessionView | null };
    if (session !== null && session.state !== 'ended') await one.end(session.id);
  } catch (error) {
    story.failures.push(`the last end: ${String(error).slice(0, 300)}`);
  }
}

/** The labs in the engine that are neither a session's nor a spare, after a while in which they could go. */
async function leftOver(on: BenchSite, signal: AbortSignal): Promise<readonly string[]> {
  const store = await openStore({ folder: on.here.data, asItIs: true });
  try {
    const deadline = Date.now() + 180_000;
    for (;;) {
      const wanted = new Set((await store.instances.list()).filter(({ intent }) => intent === 'spare').map(({ id }) => id));
      const found = await engine().find(on.here.instance, AbortSignal.timeout(30_000));
      const left = found.filter(({ lab }) => lab !== '' && !wanted.has(lab)).map(({ lab }) => lab);
      if (left.length === 0 || Date.now() > deadline) return left;
      await pause(1_000, undefined, { signal });
    }
  } finally {
    await store.close();
  }
}

/** The straight line through the samples, by least squares, in MiB a minute; not a number where there are too few. */
function slope(samples: readonly { at: number; mib: number }[]): number {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / Math.max(1, numbers.length);
  const minutes = samples.map(({ at }) => at / 60_000);
  const [x, y] = [mean(minutes), mean(samples.map(({ mib }) => mib))];
  const over = samples.reduce((sum, { at, mib }) => sum + (at / 60_000 - x) * (mib - y), 0);
  const under = minutes.reduce((sum, minute) => sum + (minute - x) ** 2, 0);
  return under === 0 ? Number.NaN : Math.max(0, over / under);
}
