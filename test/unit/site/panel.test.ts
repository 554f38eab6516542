import { describe, expect, it } from 'vitest';
import { againWords, beginsWords, keptWords, panelView, pauseWarning, shownPhases } from '#components/lab/panel-words.ts';
import { remaining, wayOf } from '#components/lab/phases.ts';
import { after, type Move, type SessionState, states } from '#lab/session.ts';
import type { PhaseView, SessionView } from '#runtime/hub.ts';

const at = '2026-11-23T12:00:00.000Z';

function session(state: SessionState, reason: SessionView['reason'] = null): SessionView {
  return {
    id: 's1',
    lab: '04-state-inside',
    state,
    way: null,
    epoch: 1,
    reason,
    createdAt: at,
    changedAt: at,
    activeAt: at,
    keepUntil: null,
  };
}

describe('the lab panel', () => {
  it('offers to start a lab that nobody started', () => {
    expect(panelView(null)).toMatchObject({ actions: [{ action: 'start', label: 'Start lab' }], room: 'none' });
  });

  it.each(states.filter((state) => !['ready', 'ending'].includes(state)))(
    'never leaves a learner without a next step when the lab is %s',
    (state) => {
      expect(panelView(session(state)).actions.length).toBeGreaterThan(0);
    },
  );

  it.each(states)('offers nothing that a lab that is %s does not allow', (state) => {
    for (const { action } of panelView(session(state)).actions) {
      if (action !== 'start') expect(after(state, action as Move)).not.toBeNull();
    }
  });

  it.each(['failed', 'crashed', 'ended'] as const)('says why the lab %s, and what to do', (state) => {
    const reason = { code: 'step-failed', message: 'The node did not start.', advice: 'End another lab first.' };
    expect(panelView(session(state, reason))).toMatchObject({ text: reason.message, advice: reason.advice });
    expect(panelView(session(state)).text).not.toBe('');
  });
});

describe('a paused lab', () => {
  const phase = (over: Partial<PhaseView>): PhaseView => ({
    id: 'resume',
    title: 'Let the lab go on',
    state: 'waiting',
    startedAt: null,
    milliseconds: null,
    detail: null,
    ...over,
  });

  it('offers to go on first, and says how long that takes here', () => {
    const view = panelView(session('paused'), [phase({ p50: 2_000, p90: 4_000 })]);
    expect(view.actions[0]).toEqual({ action: 'resume', label: 'Resume' });
    expect(view.advice).toBe('Going on takes 2–4 s here, as a rule.');
    expect(panelView(session('paused'), [phase({})]).advice).toBe('');
  });

  it('shows a resume while it is under way or has failed, and nothing that is over', () => {
    const shown = (state: PhaseView['state']) => shownPhases(session('paused'), [phase({ state })]).length;
    expect([shown('waiting'), shown('running'), shown('failed'), shown('done')]).toEqual([0, 1, 1, 0]);
    expect(panelView(session('paused'), [phase({ state: 'running' })]).title).toBe('Resuming your lab');
    expect(panelView(session('paused'), [phase({ state: 'failed' })])).toMatchObject({
      tone: 'bad',
      actions: [{ label: 'Try again' }, {}, {}],
    });
  });
});

describe('the warning of a pause', () => {
  const now = Date.parse(at);
  const warning = (seconds: number) => pauseWarning(new Date(now + seconds * 1000).toISOString(), now);

  it.each([
    [301, 'in 5 min'],
    [89, 'in 1 min'],
    [42, 'within a minute'],
    [2, 'any moment now'],
    [-30, 'any moment now'],
  ])('with %i s left says %s', (seconds, words) => {
    expect(warning(seconds)).toContain(`It is paused ${words}; nothing in it is lost.`);
  });

  it('gives way to what the learner asked for: the menu says until when the lab is kept', () => {
    const until = (minutes: number) => ({ ...session('ready'), keepUntil: new Date(now + minutes * 60_000).toISOString() });
    const time = (when: Date) => when.toISOString().slice(11, 16);
    expect(keptWords(until(60), now, time)).toBe('It is not paused before 13:00.');
    expect(keptWords(until(-1), now, time)).toBe('');
    expect(keptWords(session('ready'), now, time)).toBe('');
  });
});

describe('the time left of a start', () => {
  const now = Date.parse(at);
  const phase = (over: Partial<PhaseView>): PhaseView => ({
    id: 'init',
    title: 'Start the control plane',
    state: 'waiting',
    startedAt: null,
    milliseconds: null,
    detail: null,
    ...over,
  });
  const running = (since: number) => phase({ state: 'running', startedAt: new Date(now - since).toISOString() });
  const whole = { p50: 20_000, p90: 26_000 };

  it('is what whole starts took here, less what this one has used, however many phases run at once', () => {
    expect(remaining([running(7_000), running(3_000), phase({})], now, whole)).toBe('About 13 s left');
    expect(remaining([running(19_500), phase({})], now, whole)).toBe('Any moment now');
  });

  it('says so when a start takes longer than usual', () => {
    expect(remaining([running(40_000)], now, whole)).toBe('Longer than usual: a start takes 20–26 s as a rule.');
  });

  it('is not guessed before the first start on this machine, nor told when nothing runs', () => {
    expect(remaining([running(1_000)], now, null)).toBe('');
    expect(remaining([phase({ state: 'failed', startedAt: at }), phase({})], now, whole)).toBe('');
  });

  it('is counted by the way in which the lab is made', () => {
    expect(wayOf([phase({ id: 'claim' })])).toBe('warm');
    expect(wayOf([phase({ id: 'container-images' }), phase({ id: 'restored-etcd' })])).toBe('restored');
    expect(wayOf([phase({ id: 'container-images' }), phase({ id: 'init' })])).toBe('cold');
  });
});

describe('a lab in line', () => {
  const place = { place: 2, of: 5, estimateMilliseconds: 42_000, why: 'Two labs are being made at the moment.', advice: '' };

  it('says its place, what it waits for, and that nobody has to stay', () => {
    expect(panelView(session('queued'), [], place)).toMatchObject({
      title: 'Your lab is number 2 of 5 in line',
      text: place.why,
      advice: 'You keep your place if you leave this page.',
      actions: [{ action: 'end', label: 'Cancel' }],
    });
    expect(panelView(session('queued'), [], { ...place, place: 1, of: 1 }).title).toBe('Your lab is next in line');
  });

  it('says so also of a reset that waits for its turn', () => {
    expect(panelView(session('starting'), [], place).title).toBe('Your lab is number 2 of 5 in line');
  });

  it('names a time only when one is known', () => {
    expect(beginsWords(place)).toBe('It begins in about 40 s.');
    expect(beginsWords({ ...place, estimateMilliseconds: 900 })).toBe('It begins any moment now.');
    expect(beginsWords({ ...place, estimateMilliseconds: null })).toBe('When it begins cannot be foretold.');
    expect(beginsWords(null)).toBe('');
  });

  it('counts down to the next try', () => {
    expect(againWords(75)).toBe('It is tried again by itself in 1 min 15 s.');
    expect(againWords(0)).toBe('Trying again…');
  });
});
