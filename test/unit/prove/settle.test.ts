import { expect, test } from 'vitest';
import type { Graded } from '#runtime/grade/grade-lab.ts';
import type { Belongings } from '#runtime/prove/belongings.ts';
import type { Judging } from '#runtime/prove/judging.ts';
import { settle } from '#runtime/prove/settle.ts';

type Status = 'passed' | 'wrong' | 'not-yet';

const graded = (status: Status, code: string | null, tried: boolean) =>
  ({
    task: { id: 'heal' },
    verdict: { task: 'heal', status, score: 0, findings: code === null ? [] : [{ code }] },
    evidence: { trials: tried ? {} : null },
  }) as unknown as Graded;

/** Waits between tries as a proof does. */
const patience = { timeout: 20_000 };

/** A lab whose grade by reads, and by a press of Check, is what these say; counts what was asked. */
function lab(reads: () => Graded, checks: () => Graded, own: () => Belongings = () => new Map()): Judging & { presses: number } {
  return {
    presses: 0,
    async grade({ trials }) {
      if (trials) this.presses += 1;
      return [trials ? checks() : reads()];
    },
    answer: async () => {},
    belongings: async () => own(),
    close: async () => {},
  };
}
const signal = AbortSignal.timeout(20_000);
const waiting = () => graded('not-yet', 'trial.waiting', false);
const healed = { heal: { passes: true } } as const;

test('a task with a trial is read until it holds, and Check is pressed once', async () => {
  let looks = 0;
  const judging = lab(
    () => (++looks < 3 ? graded('wrong', 'pod.away', false) : waiting()),
    () => graded('passed', null, true),
  );
  expect((await settle(judging, healed, signal)).problems).toEqual([]);
  expect(judging.presses).toBe(1);
});

test('a wrong answer that only the trial tells is judged by the trial', async () => {
  const judging = lab(waiting, () => graded('wrong', 'pod.not-healed', true));
  expect((await settle(judging, { heal: { passes: false, code: 'pod.not-healed' } }, signal)).problems).toEqual([]);
});

test('a verdict that changes when nothing did is a problem', async () => {
  let looks = 0;
  const judging = lab(
    () => (++looks % 2 === 1 ? graded('passed', null, false) : graded('wrong', 'pod.away', false)),
    () => graded('passed', null, false),
  );
  const { problems } = await settle(judging, healed, signal);
  expect(problems).toEqual(['heal was passed and is wrong (pod.away) when judged a second time']);
});

test('a grade that changes the lab each time is a problem', patience, async () => {
  let version = 0;
  const own = () =>
    new Map([
      [
        'pods shop/web',
        { metadata: { name: 'web', uid: 'u', resourceVersion: `${++version}`, ownerReferences: [], managedFields: [] }, spec: version },
      ],
    ]);
  const judging = lab(
    () => graded('passed', null, false),
    () => graded('passed', null, false),
    own,
  );
  expect((await settle(judging, healed, signal)).problems).toEqual(['grading changed pods shop/web']);
  expect(judging.presses).toBe(3);
});
