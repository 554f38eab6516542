import { expect, test } from 'vitest';
import { docker } from '../a-lab.ts';
import { until } from '../site.ts';
import { type BenchLab, lab } from './bench-lab.ts';
import { slipway } from './command.ts';
import { containersOf } from './containers.ts';

/** The last of a lab: its server is killed, a part of it is lost, it begins again and ends. Nothing of it is left. */
export function loss(theLab: () => BenchLab): void {
  test('scenario 2: a site that is stopped pauses its labs, and each goes on with its page, no pod restarted', async () => {
    const { here, labs, ref, reaches, inToolbox } = theLab();
    const pods = `kubectl get pods -A -o jsonpath='{range .items[*]}{.metadata.uid} {.status.containerStatuses[*].restartCount}{"\\n"}{end}'`;
    const before = await inToolbox(pods);
    await here.kill('SIGTERM');
    expect(await labs.condition(ref, AbortSignal.timeout(10_000))).toBe('paused');
    await here.start();
    // Nobody has its page open yet: it stays as it is.
    expect(await labs.condition(ref, AbortSignal.timeout(10_000))).toBe('paused');
    await reaches('ready');
    expect(await inToolbox(pods)).toBe(before);
  });

  test('a paused lab survives a kill of the server, and one whose containers were lost meanwhile begins again', async () => {
    const { here, labs, ref, ask, reaches } = theLab();
    expect((await ask('pause')).status).toBe(200);
    await here.kill('SIGKILL');
    await here.start();
    await until(async () => (await labs.condition(ref, AbortSignal.timeout(10_000))) === 'paused', 'the pause', 90);
    await here.kill('SIGTERM');
    const node = (await containersOf(here.instance)).find(({ Labels }) => Labels['slipway.part'] === 'node');
    await docker.getContainer(node?.Id ?? '').remove({ force: true, v: true });
    await here.start();
    expect((await reaches('crashed')).reason).toMatchObject({ code: 'lost' });
    expect((await ask('reset')).status).toBe(200);
    await reaches('ready', 400);
  });

  test('./slipway kubeconfig says what to do for a lab that does not run', async () => {
    const { here, ask } = theLab();
    const unknown = await slipway(here, 'kubeconfig', 'nothing').catch((error: unknown) => error);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no lab "nothing"') });
    expect((await ask('end')).status).toBe(200);
    const ending = await slipway(here, 'kubeconfig', lab).catch((error: unknown) => error);
    expect(ending).toMatchObject({ code: 1, stderr: expect.stringMatching(/the lab 00-bench (does not run|is ending)/) });
    await until(async () => (await here.census()).length === 0, 'the lab to be gone', 120);
  });
}
