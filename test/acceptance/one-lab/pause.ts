import { X509Certificate } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { LabLogEntry } from '#store/port.ts';
import { docker } from '../a-lab.ts';
import { shellPage } from '../shell-page.ts';
import { until } from '../site.ts';
import type { BenchLab } from './bench-lab.ts';
import { containersOf } from './containers.ts';

const limit = (seconds = 60) => AbortSignal.timeout(seconds * 1000);
const isFull = process.env['SLIPWAY_TEST_TIER'] === 'full';
/** In the full tests longer than every lease and grace period, and than pods stay on a node that is lost, which is 300 s. */
const pauseMilliseconds = isFull ? 15 * 60_000 : 5_000;
const month = 30 * 24 * 60 * 60_000;

const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ uid: z.string() }),
      status: z.object({ containerStatuses: z.array(z.object({ containerID: z.string(), restartCount: z.int() })) }),
    }),
  ),
});

const inNode = ['/etc/kubernetes/pki/apiserver.crt', '/etc/kubernetes/pki/ca.crt', '/var/lib/kubelet/pki/kubelet-client-current.pem'];

/** A pause costs nothing while it lasts, and what was in the lab goes on as if nothing had been. */
export function pause(theLab: () => BenchLab): void {
  test('scenario 38: a paused lab uses nothing, and goes on as if nothing had been: pods, shell, checks and new work', {
    timeout: 600_000 + pauseMilliseconds,
  }, async () => {
    const { here, labs, ref, session, ask, reaches, inToolbox } = theLab();
    const open = async () => await shellPage(here, { session: session.id, cookie: await here.cookie() }, 1, null);
    const pods = async () => Pods.parse(JSON.parse(await inToolbox('kubectl get pods -A -o json'))).items;
    /** How long a new pod takes until it runs, in ms. */
    const newPod = async (name: string) => {
      const began = performance.now();
      await inToolbox(`kubectl run ${name} --image=harbour/api:1.0 --image-pull-policy=Never --command -- sleep 1000
        kubectl wait --for=jsonpath={.status.phase}=Running pod/${name} --timeout=60s`);
      return Math.round(performance.now() - began);
    };

    const access = await labs.open(ref, limit());
    const ours = access?.clusters.flatMap(({ admin, grader, prober }) => [admin, grader, prober]).map(({ cert }) => cert) ?? [];
    const plane = { kind: 'node' as const, cluster: 'main', hostname: 'control-plane' };
    const theirs = inNode.map(async (file) => (await labs.exec(ref, plane, ['cat', file], { signal: limit() })).stdout);
    for (const certificate of [...ours, ...(await Promise.all(theirs))]) {
      expect(Date.parse(new X509Certificate(certificate).validTo) - Date.now()).toBeGreaterThan(month);
    }

    const shell = await open();
    await shell.command('echo before the pause; export TIDE=high SHELL_PROCESS=$$');
    const usualPodMs = await newPod('usual');
    const before = { screen: await shell.screen(), pods: await pods() };

    const began = performance.now();
    expect(await ask('pause')).toMatchObject({ status: 200, session: { state: 'paused' } });
    await shell.lost();
    await until(async () => (await labs.condition(ref, limit())) === 'paused', 'the pause');
    const pauseMs = Math.round(performance.now() - began);
    const used = await processorTime(here.instance);
    expect(await ask('check')).toMatchObject({ status: 409, error: { message: 'The lab is paused.' } });
    await rest(pauseMilliseconds);
    expect((await processorTime(here.instance)) - used).toBe(0);

    const resumed = performance.now();
    const since = () => Math.round(performance.now() - resumed);
    expect((await ask('resume')).status).toBe(200);
    const readyz = () =>
      labs.exec(ref, { kind: 'node', cluster: 'main', hostname: 'control-plane' }, ['kubectl', 'get', '--raw', '/readyz'], {
        signal: limit(),
      });
    const answers = until(async () => (await readyz().catch(() => null))?.code === 0, 'the API server to answer', 60).then(since);
    await reaches('ready');
    const readyMs = since();
    const figures = { pauseMs, apiAnswersMs: await answers, readyMs, firstPodMs: await newPod('first'), usualPodMs };
    console.log(JSON.stringify(figures));
    expect(figures.pauseMs).toBeLessThan(3000);
    expect(figures.apiAnswersMs).toBeLessThan(5000);
    expect(figures.readyMs).toBeLessThan(20_000);
    expect(figures.firstPodMs).toBeLessThan(Math.max(3000, 2 * usualPodMs));

    await shell.leave();
    const again = await open();
    expect((await again.screen()).lines).toEqual(before.screen.lines);
    expect(await again.command('[ $$ = $SHELL_PROCESS ] && echo tide is $TIDE')).toContain('tide is high');
    await again.leave();
    expect(await pods()).toMatchObject(expect.arrayContaining(before.pods));
    expect(await inToolbox('kubectl get nodes --no-headers')).toMatch(/control-plane\s+Ready/);
    const { status, results } = await ask('check');
    expect(status).toBe(200);
    expect(results.find(({ task }) => task === 'nodes')?.verdict.status).toBe('passed');
    const { entries } = (await here.call('GET', `/api/sessions/${session.id}/log`)).body as { entries: LabLogEntry[] };
    expect(entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['started', 'ready', 'paused', 'resumed']));
  });
}

/** What all containers of an instance have used of the processors, in ns, as the engine tells it. */
async function processorTime(instance: string): Promise<number> {
  const used = (await containersOf(instance)).map(async ({ Id }) => {
    const stats = (await docker.getContainer(Id).stats({ stream: false, 'one-shot': true })) as Dockerode.ContainerStats;
    return stats.cpu_stats.cpu_usage.total_usage;
  });
  return (await Promise.all(used)).reduce((sum, one) => sum + one, 0);
}
