import type { Running } from '../running.ts';
import { bindError, holderOf } from '../site/port.ts';
import type { Finding } from './finding.ts';

/** Whether the site's port is free, or whose it is. */
export async function portFinding(host: string, port: number, running: Running | null): Promise<Finding> {
  const base = { id: 'port', title: `Port ${port}` };
  const error = await bindError(host, port);
  if (error === null) return { ...base, state: 'ok', found: 'free' };
  if (running?.url?.endsWith(`:${port}`)) return { ...base, state: 'ok', found: `this course is served there (process ${running.pid})` };
  const holder = holderOf(port);
  const found = error === 'EADDRINUSE' ? `taken by ${holder ? `${holder.name} (process ${holder.pid})` : 'another program'}` : error;
  return {
    ...base,
    state: 'warning',
    found,
    breaks: 'npm start refuses to serve there.',
    mend: 'npm start -- --port 4322, or stop that program.',
  };
}
