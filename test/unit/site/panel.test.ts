import { describe, expect, it } from 'vitest';
import { panelView } from '#components/lab/panel-words.ts';
import { remaining } from '#components/lab/phases.ts';
import { after, type SessionState, states } from '#lab/session.ts';
import type { PhaseView, SessionView } from '#runtime/hub.ts';

const at = '2026-11-23T12:00:00.000Z';

function session(state: SessionState, reason: SessionView['reason'] = null): SessionView {
  return { id: 's1', lab: '04-state-inside', state, epoch: 1, reason, createdAt: at, changedAt: at };
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
      if (action !== 'start') expect(after(state, action)).not.toBeNull();
    }
  });

  it.each(['failed', 'crashed', 'ended'] as const)('says why the lab %s, and what to do', (state) => {
    const reason = { code: 'step-failed', message: 'The node did not start.', advice: 'End another lab first.' };
    expect(panelView(session(state, reason))).toMatchObject({ text: reason.message, advice: reason.advice });
    expect(panelView(session(state)).text).not.toBe('');
  });
});

describe('the time left of a start', () => {
  const phase = (over: Partial<PhaseView>): PhaseView => ({
    id: 'init',
    title: 'Begin the control plane',
    state: 'waiting',
    startedAt: null,
    milliseconds: null,
    detail: null,
    p50: 8_000,
    p90: 11_000,
    ...over,
  });
  const now = Date.parse(at);

  it('adds up what is to come, less what the running phase has used', () => {
    const running = phase({ state: 'running', startedAt: new Date(now - 3_000).toISOString() });
    expect(remaining([phase({ state: 'done', milliseconds: 900 }), running, phase({})], now)).toBe('about 13 s left');
  });

  it('is never below zero when a phase takes longer than usual', () => {
    expect(remaining([phase({ state: 'running', startedAt: new Date(now - 60_000).toISOString() })], now)).toBe('any moment now');
  });

  it('is not guessed when a phase never ran on this machine', () => {
    const { p50: _, p90: __, ...unknown } = phase({});
    expect(remaining([phase({}), unknown], now)).toBe('');
  });
});
