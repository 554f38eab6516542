/** What a key pressed in the terminal means to the page. */
export type KeyAction = 'leave' | 'leave-back' | 'copy' | 'paste' | 'find' | 'larger' | 'smaller' | 'usual';

type Key = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>;

/**
 * The page's own meaning of a key; null when it belongs to the shell. F6 leaves, as between the panes of any program;
 * Ctrl+C copies when something is selected and interrupts otherwise. On a Mac these keys go with Command, Ctrl is the shell's.
 */
export function keyAction({ key, ctrlKey, altKey, metaKey, shiftKey }: Key, selected: boolean, mac: boolean): KeyAction | null {
  if (altKey) return null;
  if (key === 'F6' && !ctrlKey && !metaKey) return shiftKey ? 'leave-back' : 'leave';
  if (key === 'Insert' && !metaKey) return shiftKey && !ctrlKey ? 'paste' : ctrlKey && !shiftKey && selected ? 'copy' : null;
  const command = mac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (!command) return null;
  switch (key.toLowerCase()) {
    case 'c':
      return selected || (shiftKey && !mac) ? 'copy' : null;
    case 'v':
      return 'paste';
    case 'f':
      return shiftKey || mac ? 'find' : null;
    case '+':
    case '=':
      return 'larger';
    case '-':
      return shiftKey ? null : 'smaller';
    case '0':
      return 'usual';
    default:
      return null;
  }
}
