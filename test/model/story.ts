import { expect } from 'vitest';
import { ClusterError } from '#cluster/port.ts';
import type { SessionState } from '#lab/session.ts';
import { endLab } from '#runtime/end-lab.ts';
import { pauseLab } from '#runtime/pause-lab.ts';
import { Problem } from '#runtime/problem.ts';
import { resumeLab } from '#runtime/resume-lab.ts';
import { resetLab, startLab } from '#runtime/start-lab.ts';
import { type LabSession, type Person, StoreError } from '#store/port.ts';
import { type Installation, installation, lab } from '../faults/installation.ts';
import { census, seedForeign, untruths } from '../faults/truth.ts';
import { jumpingDate } from './jumping-date.ts';
import { type Ask, type Step, told } from './steps.ts';

/** What a learner asked for last, as far as the server acknowledged it, and what may have come of it since. */
type Hope = Set<SessionState | 'none'>;

const day = 24 * 60 * 60_000;

/** Lets the steps happen to an installation, and ends all labs. Whenever it is at rest rows, containers and hopes must agree. */
export async function play(steps: readonly Step[]): Promise<void> {
  const date = jumpingDate();
  const here = await installation({ poolMiB: 1700, captures: 0 });
  const story: string[] = [];
  try {
    await seedForeign(here);
    await here.boot({ events: true });
    const people = [here.learner, await here.rows.people.create({ name: 'Other', roles: ['learner'] })];
    const hopes: Hope[] = people.map(() => new Set<SessionState | 'none'>(['none']));
    const pools: Promise<void>[] = [];
    const crash = deaths(here);

    const atRest = async () => {
      await crash.over();
      here.engine.fault = null;
      await Promise.all(pools.splice(0));
      await here.settle();
      const where = story.join(', ');
      expect(await untruths(here), where).toEqual([]);
      for (const [index, person] of people.entries()) {
        const session = await here.rows.sessions.live(person.id, lab);
        const state = session?.state ?? 'none';
        expect([...(hopes[index] ?? [])], `${where}: learner ${index} (${session?.reason?.message})`).toContain(state);
        hopes[index] = new Set([state]);
      }
    };
    const everybodyMay = (...states: SessionState[]) => {
      for (const hope of hopes) if (!hope.has('none') || hope.size > 1) for (const state of states) hope.add(state);
    };

    for (const step of steps) {
      story.push(told(step));
      await crash.overIfDead();
      switch (step.do) {
        case 'rest':
          await atRest();
          break;
        case 'moment':
          for (let turn = 0; turn < step.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          break;
        case 'pool':
          pools.push(here.context.pool.look(AbortSignal.timeout(60_000)).catch(expected));
          break;
        case 'idle':
          await here.context.idle.look().catch(expected);
          break;
        case 'crash':
          crash.at(step.of, step.calls);
          break;
        case 'jump':
          date.jump(step.days * day);
          everybodyMay('paused', 'failed');
          break;
        case 'fault':
          here.engine.fault = { at: step.at, how: step.how };
          everybodyMay('failed', 'paused');
          break;
        case 'remove':
        case 'stop':
        case 'freeze':
          if (byHand(here, step)) everybodyMay('crashed', 'failed');
          break;
        default: {
          const person = people[step.who];
          const hope = hopes[step.who];
          if (person === undefined || hope === undefined) throw new Error('there is no such learner');
          await asked(here, step.do, person, hope, here.engine.fault !== null);
        }
      }
    }
    await atRest();
    for (const session of await here.rows.sessions.listLive()) await endLab(here.context, session);
    await here.settle();
    await here.context.pool.giveUp(Number.POSITIVE_INFINITY);
    await here.settle();
    expect(census(here), story.join(', ')).toEqual([]);
    expect(await here.rows.instances.list(), story.join(', ')).toEqual([]);
  } finally {
    await here.close();
    date.restore();
  }
}

/** What may be answered instead of doing it; any other error is a fault of ours. */
function expected(error: unknown): void {
  if (!(error instanceof Problem || error instanceof StoreError || error instanceof ClusterError)) throw error;
}

const wishes: Readonly<Record<Ask, SessionState | 'none'>> = {
  start: 'ready',
  reset: 'ready',
  resume: 'ready',
  pause: 'paused',
  end: 'none',
};

async function asked(here: Installation, ask: Ask, person: Person, hope: Hope, isFaulty: boolean): Promise<void> {
  const session = await here.rows.sessions.live(person.id, lab);
  try {
    await act(here, ask, person, session);
  } catch (error) {
    expected(error);
    // What was refused changed nothing; after any other error it may have been done.
    if (!(error instanceof Problem)) hope.add(wishes[ask]);
    return;
  }
  const isRedundant = session === null && ask !== 'start';
  if (isRedundant) return;
  // A lab that was lost a moment ago is only found out by what is asked of it.
  const isLost = hope.has('crashed') && ask !== 'end';
  hope.clear();
  hope.add(wishes[ask]);
  if (isLost) for (const state of ['crashed', 'failed'] as const) hope.add(state);
  if (isFaulty && ask !== 'end') for (const state of ['failed', 'paused'] as const) hope.add(state);
}

async function act({ context }: Installation, ask: Ask, person: Person, session: LabSession | null): Promise<void> {
  if (ask === 'start') await startLab(context, person, lab);
  else if (session === null) return;
  else if (ask === 'end') await endLab(context, session);
  else if (ask === 'reset') await resetLab(context, session);
  else if (ask === 'pause') await pauseLab(context, session);
  else await resumeLab(context, session);
}

/** Does to one of our containers what somebody does at a command line; false when there is none. */
function byHand({ engine }: Installation, step: Extract<Step, { pick: number }>): boolean {
  const ours = [...engine.containers.values()].filter(({ Body }) => Body.Labels?.['slipway.instance'] === 'test-here');
  const one = ours[step.pick % Math.max(1, ours.length)];
  if (one === undefined) return false;
  const emit = (action: string) => step.isTold && engine.emit(one.Name, action);
  if (step.do === 'freeze') {
    if (one.State !== 'running') return false;
    one.State = 'paused';
    emit('pause');
    return true;
  }
  if (one.State === 'running' || one.State === 'paused') emit('die');
  one.State = 'exited';
  if (step.do === 'stop') return true;
  emit('destroy');
  engine.containers.delete(one.Name);
  return true;
}

/** The deaths of servers: each is followed by the boot of another. */
function deaths(here: Installation) {
  let isDead = false;
  let isArmed = false;
  const die = () => {
    isDead = true;
    here.kill();
  };
  const over = async () => {
    if (isArmed && !isDead) die();
    if (!isDead) return;
    here.engine.onCall = null;
    isDead = false;
    isArmed = false;
    await here.boot({ events: true });
  };
  return {
    at(of: 'engine' | 'store', calls: number): void {
      isArmed = true;
      let left = calls;
      const onCall = () => {
        if (left === 0) die();
        left -= 1;
      };
      if (calls === 0) die();
      here.engine.onCall = of === 'engine' ? onCall : null;
      here.gate.onCall = of === 'store' ? onCall : null;
    },
    over,
    overIfDead: async () => (isDead ? await over() : undefined),
  };
}
