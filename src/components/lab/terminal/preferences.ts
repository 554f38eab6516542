/** How this person likes terminals on this device: told to every terminal of every window at once. */
export interface Preferences {
  fontSize: number;
  screenReader: boolean;
}

const key = 'slipway.terminal';
const usual: Preferences = { fontSize: 14, screenReader: false };
const smallest = 9;
const largest = 32;
const changes = new EventTarget();

let current = read();

export function preferences(): Preferences {
  return current;
}

export function prefer(change: Partial<Preferences>): void {
  current = within({ ...current, ...change });
  localStorage.setItem(key, JSON.stringify(current));
  changes.dispatchEvent(new Event('change'));
}

/** Larger by one step, smaller by one, or as usual. */
export function changeFontSize(step: -1 | 0 | 1): void {
  prefer({ fontSize: step === 0 ? usual.fontSize : current.fontSize + step });
}

/** Calls back when they change, here or in another window, until the signal fires. */
export function onPreference(changed: (preferences: Preferences) => void, signal: AbortSignal): void {
  changes.addEventListener('change', () => changed(current), { signal });
}

addEventListener('storage', (event) => {
  if (event.key !== key) return;
  current = read();
  changes.dispatchEvent(new Event('change'));
});

function read(): Preferences {
  try {
    return within({ ...usual, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) });
  } catch {
    return usual; // another program's text under this name
  }
}

function within({ fontSize, screenReader }: Preferences): Preferences {
  const size = Number.isFinite(fontSize) ? Math.min(largest, Math.max(smallest, Math.round(fontSize))) : usual.fontSize;
  return { fontSize: size, screenReader: screenReader === true };
}
