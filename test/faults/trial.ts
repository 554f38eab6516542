import { expect } from 'vitest';
import { endLab } from '#runtime/end-lab.ts';
import type { Fault } from '../fakes/engine/engine.ts';
import type { StoreFault } from './gated-store.ts';
import { type Installation, installation } from './installation.ts';
import { live, type Operation, start } from './operations.ts';
import { census, seedForeign, untruths } from './truth.ts';

/** Which call goes wrong, and how; `killed`: the server dies as it makes the call. */
export type Ill = { of: 'engine'; how: Fault['how'] | 'killed' } | { of: 'store'; how: StoreFault['how'] | 'killed' };

/** Lets one call of an operation go wrong, and looks at what became of it. Answers whether there was such a call. */
export async function trial(operation: Operation, ill: Ill, at: number): Promise<boolean> {
  const isSilent = ill.how === 'hangs' || ill.how === 'mute';
  const here = await installation({ ...operation.options, ...(isSilent ? { patience: 2_000 } : {}) });
  const where = `${operation.name}, call ${at} of the ${ill.of} ${ill.how}`;
  try {
    await seedForeign(here);
    await operation.prepare(here);
    await here.rest();
    const before = await here.session();
    const isMet = arm(here, ill, at);
    const refusal: unknown = await operation.act(here).then(
      () => null,
      (error: unknown) => error,
    );
    await here.rest();
    const wasMet = isMet();
    disarm(here);
    if (ill.how === 'killed' && wasMet) await here.boot();
    await here.settle();

    const after = await here.session();
    expect(await untruths(here), where).toEqual([]);
    if (!wasMet) {
      expect(refusal, where).toBeNull();
      expect(operation.isDone(after), `${where}: ${after?.state}`).toBe(true);
      if (operation.way !== undefined) expect(after?.way, where).toBe(operation.way);
    } else if (!operation.isDone(after)) {
      const isAsBefore = after?.state === before?.state && after?.epoch === before?.epoch;
      const told = refusal ?? (after?.state === 'failed' ? after.reason : null) ?? (await failedPhase(here));
      expect(told, `${where}: nobody was told why it is ${after?.state}`).not.toBeNull();
      expect(isAsBefore || after?.state === 'failed', `${where}: ${before?.state} became ${after?.state}: ${after?.reason?.message}`).toBe(
        true,
      );
      if (after?.state === 'failed' && ill.of === 'engine')
        expect(
          (await here.rows.log.list(after.id)).map(({ kind }) => kind),
          where,
        ).toContain('failed');
    }
    await tryAgain(here, where);
    return wasMet;
  } finally {
    await here.close();
  }
}

function arm(here: Installation, ill: Ill, at: number): () => boolean {
  if (ill.how === 'killed') {
    let calls = 0;
    const target = ill.of === 'engine' ? here.engine : here.gate;
    target.onCall = () => {
      calls += 1;
      if (calls === at) here.kill();
    };
    return () => calls >= at;
  }
  if (ill.of === 'engine') {
    here.engine.fault = { at, how: ill.how };
    return () => here.engine.isFaultMet;
  }
  here.gate.fault = { at, how: ill.how };
  return () => here.gate.isFaultMet;
}

function disarm(here: Installation): void {
  here.engine.fault = null;
  here.engine.onCall = null;
  here.gate.fault = null;
  here.gate.onCall = null;
}

/** Why a resume did not come to its end, as the page shows it. */
async function failedPhase(here: Installation): Promise<string | null> {
  const session = await live(here);
  return (await here.rows.phases.list(session.id, -session.epoch)).find(({ state }) => state === 'failed')?.detail ?? null;
}

/** Whatever became of it, the learner gets a lab, and after its end nothing is left. */
async function tryAgain(here: Installation, where: string): Promise<void> {
  await start(here);
  await here.settle();
  const again = await here.session();
  expect(again?.state, `${where}, then a start: ${again?.reason?.message}`).toBe('ready');
  await endLab(here.context, await live(here));
  await here.settle();
  await here.context.pool.giveUp(Number.POSITIVE_INFINITY);
  await here.settle();
  expect(census(here), `${where}, and all was ended`).toEqual([]);
  expect(await here.rows.instances.list(), where).toEqual([]);
}
