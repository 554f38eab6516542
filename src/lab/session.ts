/** The life of a lab session, as a pure table (design §4). */
export const states = ['queued', 'starting', 'ready', 'paused', 'ending', 'ended', 'failed', 'crashed'] as const;
export type SessionState = (typeof states)[number];

/** How a lab came to be: claimed from those that stand ready, from a captured one, or made from nothing. */
export const startWays = ['warm', 'restored', 'cold'] as const;
export type StartWay = (typeof startWays)[number];

export const moves = {
  admit: { queued: 'starting' },
  ready: { starting: 'ready' },
  pause: { ready: 'paused' },
  resume: { paused: 'ready' },
  /** To the lab's beginning: the next epoch. */
  reset: { ready: 'starting', paused: 'starting', failed: 'starting', crashed: 'starting' },
  fail: { starting: 'failed' },
  crash: { ready: 'crashed', paused: 'crashed' },
  end: { queued: 'ending', starting: 'ending', ready: 'ending', paused: 'ending', failed: 'ending', crashed: 'ending' },
  gone: { ending: 'ended' },
} as const satisfies Record<string, Partial<Record<SessionState, SessionState>>>;
export type Move = keyof typeof moves;

/** The state after a move, or null when the move is not allowed from there. */
export function after(state: SessionState, move: Move): SessionState | null {
  const table: Partial<Record<SessionState, SessionState>> = moves[move];
  return table[state] ?? null;
}
