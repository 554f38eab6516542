/** Puts text on the clipboard, as the answer to a key or a click. False when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard === undefined) return copyByEvent(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByEvent(text);
  }
}

/** Where the site is not on localhost and has no TLS there is no clipboard API; a copy event still takes text. */
function copyByEvent(text: string): boolean {
  let taken = false;
  const fill = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
    event.stopImmediatePropagation();
    taken = event.clipboardData !== null;
  };
  document.addEventListener('copy', fill, { capture: true });
  try {
    return document.execCommand('copy') && taken;
  } finally {
    document.removeEventListener('copy', fill, { capture: true });
  }
}
