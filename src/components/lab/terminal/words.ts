import type { ConnectionState } from './connection.ts';

/** What the foot says of a terminal: its state, and who else looks at it. */
export function stateWords(state: ConnectionState['name'], windows: number, smaller: boolean): string {
  const words = {
    connecting: 'Connecting…',
    open: 'Connected',
    waiting: 'Reconnecting…',
    paused: 'Paused',
    exited: 'Shell ended',
    over: 'Disconnected',
  };
  const also = windows > 1 ? `, open in ${windows} windows` : '';
  return words[state] + also + (windows > 1 && smaller ? '; the smaller one decides the size' : '');
}

export interface Notice {
  text: string;
  /** What its button says; none when empty. */
  button: string;
}

/** What stands over the screen in a state; null leaves what is there. */
export function stateNotice(state: ConnectionState): Notice | null {
  switch (state.name) {
    case 'waiting':
      return { text: `${state.why} Trying again; what you type is kept.`, button: 'Try now' };
    case 'paused':
      return { text: state.why, button: '' };
    case 'over':
      return { text: state.why, button: 'Try again' };
    case 'exited':
      return { text: `The shell has ended${state.code ? ` (code ${state.code})` : ''}. Press Enter for a new shell.`, button: 'New shell' };
    default:
      return null;
  }
}

/** What waits to be typed; empty when nothing does. */
export function waitingWords(characters: number): string {
  return characters === 0 ? '' : characters === 1 ? '1 character waits.' : `${characters} characters wait.`;
}

export function volume(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
