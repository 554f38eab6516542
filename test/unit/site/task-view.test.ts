import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type History, withTurn } from '#components/lab/history.ts';
import { checkAllLabel, checkLabel, spoken, type TaskKnown, taskView } from '#components/lab/task-view.ts';
import { waitingWords } from '#components/lab/waiting.ts';
import { type Finding, type Status, statuses } from '#grading/verdict.ts';

const finding = (code: string): Finding => ({ code, params: {}, path: '', seen: 'a', needed: 'b', why: 'c', lookAt: 'd' });
const minute = (n: number) => `2026-11-23T14:${String(n).padStart(2, '0')}:00.000Z`;

function known(status: Status, more: Partial<TaskKnown> & { findings?: readonly Finding[] } = {}): TaskKnown {
  const { findings = [finding('x.y')], ...rest } = more;
  return {
    verdict: { status, findings: [...findings] },
    savedAt: minute(9),
    history: undefined,
    passedBefore: false,
    lasts: 'state',
    ...rest,
  };
}

const historyOf = (...statuses: Status[]) =>
  statuses.reduce<History>((history, status, index) => withTurn(history, 't', { at: minute(index), status, cause: 'turn' }), {});

describe('a task beside its verdict', () => {
  it('that only waits for its trial is ready to check, and shows no finding', () => {
    const view = taskView(known('not-yet', { findings: [finding('trial.waiting')] }));
    expect(view).toMatchObject({ shown: 'ready', word: 'Ready to check', findings: [] });
    expect(view.notes.join(' ')).toContain('Press Check');
  });

  it('that has more than a trial to wait for is not ready', () => {
    expect(taskView(known('not-yet', { findings: [finding('trial.waiting'), finding('x.y')] })).shown).toBe('not-yet');
    expect(taskView(known('not-yet', { findings: [] })).shown).toBe('not-yet');
  });

  it('that nobody could look at is no fault of the learner', () => {
    expect(taskView(known('cannot-check')).notes.join(' ')).toMatch(/nothing about your work.*no points/);
    expect(taskView(known('cannot-check', { passedBefore: true })).notes.join(' ')).not.toContain('something changed');
  });

  it('that is on its way asks for nothing', () => {
    expect(taskView(known('not-yet')).notes.join(' ')).toContain('by itself');
  });

  it('that is on its way says since when, from the first look that found it so, and for how long that is no fault', () => {
    const history = historyOf('wrong', 'not-yet')['t'];
    expect(taskView(known('not-yet', { history, settlesWithin: 90 })).waits).toEqual({ since: minute(1), within: 90 });
    expect(taskView(known('not-yet', { settlesWithin: 90 })).waits).toEqual({ since: minute(9), within: 90 });
    expect(taskView(known('not-yet', { history })).waits).toBeNull();
    expect(taskView(known('wrong', { history, settlesWithin: 90 })).waits).toBeNull();
    expect(taskView(known('not-yet', { findings: [finding('trial.waiting')], settlesWithin: 90 })).waits).toBeNull();
  });

  it('is read out with what was seen first; a pass with what it means', () => {
    expect(spoken('The crane', taskView(known('wrong')))).toBe('The crane: Needs work. a');
    expect(spoken('The crane', taskView(known('passed', { findings: [] })))).toBe('The crane: Passed.');
    expect(spoken('The crane', taskView(known('passed', { findings: [], lasts: 'once' })))).toContain('Passed. This stays passed');
  });

  it('that holds once says that it stays; one that can turn back does not', () => {
    expect(taskView(known('passed', { lasts: 'once' })).notes.join(' ')).toContain('stays passed');
    expect(taskView(known('passed')).notes).toEqual([]);
    expect(taskView(known('passed', { lasts: null })).notes).toEqual([]);
  });

  it('that turned back says that it held, and what is kept', () => {
    const turned = taskView(known('wrong', { history: historyOf('passed', 'wrong')['t'], passedBefore: true }));
    expect(turned.notes).toEqual(['It was as it should be, and something changed since. What you earned is kept.']);
    expect(taskView(known('wrong', { passedBefore: true })).notes).toEqual(['You passed it before, and that is kept.']);
    expect(taskView(known('wrong')).notes).toEqual([]);
  });

  it('lists its turns newest first, and none before there was one', () => {
    expect(taskView(known('wrong', { history: historyOf('wrong')['t'] }))).toMatchObject({ turns: [], firstPassedAt: null });
    const view = taskView(known('passed', { history: historyOf('wrong', 'passed', 'wrong', 'passed')['t'] }));
    expect(view.turns.map((turn) => turn.status)).toEqual(['passed', 'wrong', 'passed', 'wrong']);
    expect(view.firstPassedAt).toBe(minute(1));
  });
});

describe('the history of a task', () => {
  it('takes a turn for each change of status, keeps the first pass, and never forgets a turn', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...statuses), { maxLength: 50 }), (seen) => {
        const { turns, firstPassedAt } = historyOf(...seen)['t'] ?? { turns: [], firstPassedAt: null };
        expect(turns.map((turn) => turn.status)).toEqual(seen.filter((status, index) => status !== seen[index - 1]));
        const first = seen.indexOf('passed');
        expect(firstPassedAt).toBe(first === -1 ? null : minute(first));
      }),
    );
  });

  it('is not disturbed by a verdict that arrives twice or late', () => {
    const history = historyOf('wrong', 'passed');
    expect(withTurn(history, 't', { at: minute(1), status: 'passed' })).toBe(history);
    expect(withTurn(history, 't', { at: minute(0), status: 'wrong' })).toBe(history);
  });
});

it('the button says that it will try something', () => {
  expect([checkLabel(false, false), checkLabel(true, false), checkLabel(true, true)]).toEqual(['Check', 'Check and try', 'Trying…']);
  expect([checkLabel(true, false, 'cannot-check'), checkLabel(true, true, 'cannot-check')]).toEqual(['Try again', 'Trying…']);
  expect([checkAllLabel(false, false), checkAllLabel(true, false)]).toEqual(['Check all', 'Check and try all']);
});

it('time at work is told with its limit, and past it with what comes next', () => {
  expect(waitingWords(12, 90)).toBe('At work for 12 s; it may take up to 1 min 30 s.');
  expect(waitingWords(91, 90)).toMatch(/longer than expected/);
});
