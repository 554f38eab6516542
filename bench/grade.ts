import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Dockerode from 'dockerode';
import { judge } from '#grading/judge.ts';
import { gradeLab } from '#runtime/grade/grade-lab.ts';
import { type BenchLab, type BenchOptions, benchLab, quantile } from './bench-lab.ts';
import { ofLimit, ofPairs } from './figure.ts';

const run = promisify(execFile);
const idleSeconds = 60;

/** What each of the ten checks reads, as one would by hand. */
const reads = [
  '-n shop get configmap tide',
  '-n shop get deployment web',
  '-n shop get pods -l app=web',
  '-n shop get service web',
  '-n shop get endpointslices',
  '-n shop get secret keys',
  'get namespace shop',
  '-n shop get serviceaccounts',
  'get nodes',
  'get storageclasses',
];

/**
 * Ten checks, read and judged and each stored, beside ten `kubectl get -o json` one after another: in turn, on one cluster in one run.
 * Then what judging alone takes, and what a lab in which nothing happens costs its API server while its page is open.
 */
export async function measure(options: BenchOptions) {
  const { pairs = 12 } = options;
  const lab = await benchLab(options);
  try {
    const host = await hostKubectl(lab);
    await lab.runtime.check(lab.session, undefined); // What is found out once (what the API server serves) is found out here.
    const rounds: { grade: number; inToolbox: number; onHost: number | null }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const first = pair % 2 === 0 ? await ours(lab) : null;
      const inToolbox = await toolboxReads(lab);
      const onHost = (await host?.reads()) ?? null;
      rounds.push({ grade: first ?? (await ours(lab)), inToolbox, onHost });
    }
    await host?.close();
    options.say(`${pairs} pairs measured; now ${idleSeconds} s of an idle lab`);
    const requestsPerSecond = await idle(lab);
    const judgeMilliseconds = await judging(lab);

    const sides = (by: 'inToolbox' | 'onHost') => rounds.flatMap((one) => (one[by] === null ? [] : [{ ours: one.grade, peer: one[by] }]));
    const kubectl = 'ten checks beside ten `kubectl get -o json`';
    const figures = [
      ofPairs({ name: 'P10', what: `${kubectl} in the toolbox`, unit: 'ms', bar: 0.15 }, sides('inToolbox')),
      ...(host ? [ofPairs({ name: 'P10', what: `${kubectl} on this host`, unit: 'ms', bar: 0.15 }, sides('onHost'))] : []),
      ofLimit({ name: 'P10', what: 'judging ten tasks', unit: 'ms', limit: 5 }, [judgeMilliseconds]),
      ofLimit({ name: 'P11', what: 'requests a second of an idle lab with its page open', unit: '1/s', limit: 2 }, [requestsPerSecond]),
    ];
    return { figures, details: { idleSeconds, rounds } };
  } finally {
    await lab.close();
  }
}

async function ours({ runtime, session }: BenchLab): Promise<number> {
  const began = performance.now();
  const results = await runtime.check(session, undefined);
  const took = performance.now() - began;
  const blind = results.filter(({ verdict }) => verdict.status === 'cannot-check');
  if (results.length !== reads.length || blind.length > 0) throw new Error(`${blind.length} of ${results.length} could not be checked`);
  return took;
}

/** Timed where it runs, so that the way into the toolbox does not count. */
async function toolboxReads({ shell }: BenchLab): Promise<number> {
  const all = reads.map((read) => `kubectl ${read} -o json >/dev/null`).join(' && ');
  const [began, ended] = (await shell(`date +%s%N && ${all} && date +%s%N`)).trim().split('\n').map(Number);
  return ((ended ?? Number.NaN) - (began ?? Number.NaN)) / 1e6;
}

/** The host's own kubectl, by the API server's published port; null where there is none. */
async function hostKubectl({ access, shell }: BenchLab) {
  const program = await run('which', ['kubectl']).catch(() => null);
  const node = access.nodes.find(({ role }) => role === 'control-plane');
  if (program === null || node === undefined) return null;
  const { NetworkSettings } = await new Dockerode().getContainer(node.container).inspect();
  const port = NetworkSettings.Ports['6443/tcp']?.[0]?.HostPort;
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kubectl-'));
  const config = join(folder, 'config');
  await writeFile(config, await shell('cat ~/.kube/config'), { mode: 0o600 });
  const where = ['--kubeconfig', config, '--server', `https://127.0.0.1:${port}`, '--tls-server-name', 'kubernetes'];
  const env = { ...process.env, HOME: folder };
  return {
    async reads() {
      const began = performance.now();
      for (const read of reads) await run('kubectl', [...where, ...read.split(' '), '-o', 'json'], { env, maxBuffer: 64 * 1024 ** 2 });
      return performance.now() - began;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function idle({ watch, openPage }: BenchLab): Promise<number> {
  const leave = await openPage(() => {});
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = watch.observer.requests();
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const asked = watch.observer.requests() - before;
  leave();
  return Number((asked / idleSeconds).toFixed(2));
}

/** The median of judging all ten tasks from their evidence, in milliseconds. */
async function judging({ watch, runtime, session }: BenchLab): Promise<number> {
  const { tasks } = watch.grader;
  const { observer, settling } = watch;
  const { journal } = runtime.store;
  const graded = await gradeLab({ observer, journal, session, tasks, settling, signal: AbortSignal.timeout(30_000) });
  const times = Array.from({ length: 300 }, () => {
    const began = performance.now();
    for (const { task, evidence } of graded) judge(task, evidence);
    return performance.now() - began;
  });
  return Number(quantile(times.slice(100), 0.5).toFixed(3));
}
