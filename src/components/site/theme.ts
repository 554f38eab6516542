import type { AstroCookies } from 'astro';

/** The theme the reader chose; undefined follows the system. */
export function chosenTheme(cookies: Pick<AstroCookies, 'get'>): 'dark' | 'light' | undefined {
  const chosen = cookies.get('theme')?.value;
  return chosen === 'dark' || chosen === 'light' ? chosen : undefined;
}
