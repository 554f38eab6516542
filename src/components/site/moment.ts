export type Detail = 'day' | 'minutes' | 'seconds';

/**
 * A moment as a person says it, in the time zone of where this runs: the reader's in a browser.
 * With `today`, the day is left out when it is that one.
 */
export function moment(at: string, detail: Detail = 'minutes', today?: Date): string {
  const date = new Date(at);
  if (detail === 'day') return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' }).format(date);
  const timeStyle = detail === 'seconds' ? 'medium' : 'short';
  const isToday = today !== undefined && date.toDateString() === today.toDateString();
  return new Intl.DateTimeFormat('en-GB', isToday ? { timeStyle } : { dateStyle: 'medium', timeStyle }).format(date);
}
