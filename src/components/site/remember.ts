/** Keeps a choice about the page's looks for a year, where the server sees it before the first paint; `null` forgets it. */
export function remember(name: 'theme' | 'split' | 'keys', value: string | null): void {
  const age = value === null ? 0 : 31_536_000;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is asynchronous and absent from older browsers; names and values here are our own words and numbers.
  document.cookie = `${name}=${value ?? ''}; Path=/; SameSite=Strict; Max-Age=${age}`;
}
