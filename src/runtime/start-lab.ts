import type { LabSession, Person } from '#store/port.ts';
import { rest, systemClock } from './clock.ts';
import { type Context, labOf, publishSession } from './context.ts';
import { clearAway, clearInstance } from './end-lab.ts';
import { makeLab } from './make-lab.ts';
import { Problem } from './problem.ts';
import { resumeLab } from './resume-lab.ts';
import { tell } from './tell.ts';

/** A start waits so long for the lab of before to be removed. */
const endingMilliseconds = 10_000;

/**
 * The person's session in a lab, begun when there is none, or when the last one has ended; begun anew when it failed or crashed, resumed
 * when it is paused.
 * However many ask at once, there is one. Answers before the lab is ready: `makeLab` goes on in the background.
 */
export async function startLab(context: Context, person: Person, labId: string): Promise<{ session: LabSession; created: boolean }> {
  const lab = labOf(context, labId);
  const live = await context.store.sessions.live(person.id, lab.id);
  if (live?.state === 'ending') {
    await untilEnded(context, live);
    return await startLab(context, person, labId);
  }
  if (live?.state === 'paused') return { session: await resumeLab(context, live), created: false };
  if (live && live.state !== 'failed' && live.state !== 'crashed') return { session: live, created: false };
  await context.admission.check(person, lab, live ?? undefined);
  if (live) return { session: (await tryReset(context, live)) ?? (await startLab(context, person, labId)).session, created: false };
  const begun = await context.store.sessions.begin({ person: person.id, lab: lab.id, labVersion: lab.version });
  if (!begun.created) return begun;
  return { session: await context.admission.enter(begun.session), created: true };
}

/** Waits until the containers of a lab that was ended are gone. */
async function untilEnded(context: Context, session: LabSession): Promise<void> {
  const { store, hub, jobs } = context;
  const over = new AbortController();
  const unfollow = hub.follow((id, event) => {
    if (id === session.id && event.type === 'session' && event.data.state === 'ended') over.abort();
  });
  // What keeps it may have been cut off.
  void jobs.runIfIdle(session.id, (signal) => clearAway(context, session, signal));
  const state = async () => (await store.sessions.get(session.id))?.state;
  try {
    if ((await state()) === 'ended') return;
    await rest(systemClock, endingMilliseconds, over.signal);
    if ((await state()) === 'ended') return;
  } finally {
    over.abort();
    unfollow();
  }
  throw new Problem(409, 'ending', 'The lab of before is still being removed.', { retryAfter: 5 });
}

/** Begins to make the lab of a session that is queued or starting: its turn has come. Answers its row as it is then. */
export async function admit(context: Context, session: LabSession): Promise<LabSession> {
  const { sessions } = context.store;
  if (session.state === 'starting') return await brought(context, session, session);
  const starting = (await sessions.claim(session.id)) ?? (await sessions.admit(session.id));
  return starting === null ? ((await sessions.get(session.id)) ?? session) : await brought(context, starting, session);
}

async function brought(context: Context, starting: LabSession, before: LabSession): Promise<LabSession> {
  if (before.state === 'queued') {
    publishSession(context, starting);
    await tell(context, starting, 'started', 'The lab was started.');
  }
  void context.jobs.run(starting.id, async (signal) => {
    await context.watches.end(starting.id);
    await makeLab(context, starting, signal);
    // What a reset leaves behind: nobody waits for that to go.
    if (before.instance !== null && before.instance !== starting.instance) void clearInstance(context, before.instance);
  });
  return starting;
}

/** Brings a lab back to its beginning: the next epoch, with other containers. Those of before are removed while nobody waits for it. */
export async function resetLab(context: Context, session: LabSession): Promise<LabSession> {
  await context.admission.check({ id: session.person }, labOf(context, session.lab), session);
  const moved = await tryReset(context, session);
  if (moved === null) throw new Problem(409, 'not-now', 'The lab cannot be reset in the state it is in.');
  return moved;
}

/** Null when somebody else was faster. */
async function tryReset(context: Context, session: LabSession): Promise<LabSession | null> {
  const { store } = context;
  const lab = labOf(context, session.lab);
  const moved = await store.sessions.move(session.id, 'reset', { reason: null, labVersion: lab.version });
  if (moved === null) return null;
  publishSession(context, moved);
  const again = session.state === 'ready' || session.state === 'paused' ? 'The lab was reset' : 'The lab was begun again';
  await tell(context, moved, 'reset', `${again}: its cluster and its files are made anew.`);
  return await context.admission.enter(moved);
}
