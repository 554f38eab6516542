import { join } from 'node:path';
import Docker from 'dockerode';
import { findOwned, removeOwned } from '#cli/engine/owned.ts';
import type { LabAccess, LabRef } from '#cluster/port.ts';
import type { CheckResult, SessionView } from '#runtime/hub.ts';
import { provider } from '../a-lab.ts';
import { follow, type Site, site } from '../site.ts';

/** The course of measurements: its lab runs three small pods, and ten tasks look at them. */
export const course = join(import.meta.dirname, '../../../bench/course');
export const lab = '00-bench';

/** A server of its own with one lab in it, ready: what its learner can ask of it, and how to look behind it. */
export interface BenchLab {
  here: Site;
  session: SessionView;
  labs: ReturnType<typeof provider>;
  ref: LabRef;
  access: LabAccess;
  /** Asks the session's endpoint for something, as its page does. */
  ask(what: string, body?: object): Promise<{ status: number; session: SessionView; results: CheckResult[]; error: { message: string } }>;
  reaches(state: SessionView['state'], seconds?: number): Promise<SessionView>;
  /** Runs a script in the toolbox; answers its output, and fails when it fails. */
  inToolbox(script: string): Promise<string>;
  /** Kills the server and removes what it made. */
  close(): Promise<void>;
}

export async function benchLab(): Promise<BenchLab> {
  const here = await site({ SLIPWAY_COURSE: course });
  const labs = provider();
  const close = async () => {
    await here.kill('SIGKILL');
    labs.close?.();
    const signal = AbortSignal.timeout(120_000);
    const docker = new Docker();
    await removeOwned(docker, await findOwned(docker, (instance) => instance === here.instance, signal), signal, () => undefined);
    await here.close();
  };
  try {
    return { ...(await started(here, labs)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function started(here: Site, labs: BenchLab['labs']): Promise<Omit<BenchLab, 'close'>> {
  await here.start();
  const { session } = (await here.call('POST', `/api/labs/${lab}/start`)).body as { session: SessionView };
  const ended = await follow(
    here,
    session.id,
    (event) => (event.type === 'session' && ['ready', 'failed'].includes(event.data.state) ? event.data : undefined),
    400,
  );
  if (ended.state !== 'ready') throw new Error(`the lab did not start: ${JSON.stringify(ended.reason)}`);
  const [found] = await labs.find(here.instance, AbortSignal.timeout(10_000));
  const ref = { instance: here.instance, lab: found?.lab ?? '', epoch: found?.epoch ?? 0 };
  const access = await labs.open(ref, AbortSignal.timeout(60_000));
  if (access === null) throw new Error('the lab cannot be opened');
  return {
    here,
    session,
    labs,
    ref,
    access,
    async ask(what, body = {}) {
      const answer = await here.call('POST', `/api/sessions/${session.id}/${what}`, body);
      return { status: answer.status, ...(answer.body as Omit<Awaited<ReturnType<BenchLab['ask']>>, 'status'>) };
    },
    reaches: (state, seconds = 120) =>
      follow(here, session.id, (event) => (event.type === 'session' && event.data.state === state ? event.data : undefined), seconds),
    async inToolbox(script) {
      const signal = AbortSignal.timeout(120_000);
      const { code, stdout, stderr } = await labs.exec(ref, { kind: 'toolbox' }, ['bash', '-c', script], { signal });
      if (code !== 0) throw new Error(`${script}\nended with ${code}: ${stderr}`);
      return stdout;
    },
  };
}
