import { z } from 'zod';
import { ClusterError } from '#cluster/port.ts';
import { Blind } from './blind.ts';
import { type Ask, refusal } from './kube-ask.ts';

/** Most that is read of one list, in characters of JSON. */
export const largestList = 32 * 1024 * 1024;

const List = z.object({
  metadata: z.object({ resourceVersion: z.string().default(''), continue: z.string().default('') }).prefault({}),
  items: z.array(z.unknown()),
});

export interface Listed {
  items: readonly unknown[];
  /** Where a watch goes on from; empty when the server gave none. */
  version: string;
}

/** Reads a whole list, or null where the API server serves none: at once, or, when it is too large for one answer, in pages that fit. Throws `Blind` beyond `largestList`. */
export async function listAll(ask: Ask, path: string, signal: AbortSignal): Promise<Listed | null> {
  const whole = await unlessTooLarge(ask(path, { signal }));
  if (whole === null) return await inPages(ask, path, signal);
  if (whole.status === 404) return null;
  if (whole.status !== 200) throw new Blind(refusal(whole));
  const { items, metadata } = List.parse(whole.body);
  return { items, version: metadata.resourceVersion };
}

async function inPages(ask: Ask, path: string, signal: AbortSignal): Promise<Listed | null> {
  const items: unknown[] = [];
  let [limit, next, size] = [128, '', 0];
  while (true) {
    const query = `limit=${limit}${next && `&continue=${encodeURIComponent(next)}`}`;
    const answer = await unlessTooLarge(ask(`${path}${path.includes('?') ? '&' : '?'}${query}`, { signal }));
    if (answer === null) {
      if (limit === 1) throw new Blind(`one object of ${path} is too large to read`);
      limit = Math.max(1, limit / 8);
      continue;
    }
    if (answer.status === 404) return null;
    if (answer.status !== 200) throw new Blind(refusal(answer));
    const page = List.parse(answer.body);
    size += JSON.stringify(page.items).length;
    if (size > largestList) throw new Blind(`there is more than ${largestList / 1024 ** 2} MiB to read at ${path}`);
    items.push(...page.items);
    next = page.metadata.continue;
    if (next === '') return { items, version: page.metadata.resourceVersion };
  }
}

const unlessTooLarge = <T>(reading: Promise<T>): Promise<T | null> =>
  reading.catch((error: unknown) => {
    if (error instanceof ClusterError && error.code === 'too-large') return null;
    throw error;
  });
