import { type Detail, moment } from './moment.ts';

const details: readonly string[] = ['day', 'minutes', 'seconds'] satisfies Detail[];
const isDetail = (text: string | undefined): text is Detail => details.includes(text ?? '');

/** Times that the server wrote in its own time zone, brought into the reader's. */
export function localTimes(within: ParentNode): void {
  for (const time of within.querySelectorAll<HTMLTimeElement>('time[data-local]')) {
    const detail = time.dataset['local'];
    if (isDetail(detail)) time.textContent = moment(time.dateTime, detail);
  }
}

localTimes(document);
