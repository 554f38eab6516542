import type { SessionState } from '#lab/session.ts';

/** Why a command cannot be run, and what to do first; null while the lab has a shell. */
export function missingShell(state: SessionState | undefined): string | null {
  switch (state) {
    case 'ready':
      return null;
    case undefined:
    case 'ended':
      return 'Start the lab first: this runs in its shell.';
    case 'queued':
    case 'starting':
      return 'The lab is still starting. Run this when it is ready.';
    case 'paused':
      return 'The lab is paused. Resume it first.';
    case 'ending':
      return 'The lab is being removed. Start it again first.';
    case 'failed':
    case 'crashed':
      return 'The lab does not run. Begin it again first.';
  }
}
