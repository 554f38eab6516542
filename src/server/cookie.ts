import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Person, Store } from '#store/port.ts';

export const cookieName = 'slipway';
const lifetimeDays = 365;

/** The session token in a Cookie header, if there is one of the right shape. */
export function readToken(header: string | undefined): string | null {
  for (const part of header?.split(';') ?? []) {
    const [name, value] = part.trim().split('=', 2);
    if (name === cookieName && value && /^[\w-]{20,100}$/.test(value)) return value;
  }
  return null;
}

/** Who asks, by cookie; null when the cookie is missing or not valid. */
export async function personOf(store: Store, header: string | undefined): Promise<Person | null> {
  const token = readToken(header);
  return token === null ? null : await store.people.bySession(token);
}

/**
 * Tier `laptop`: whoever opens a page on this machine is its one person, learner and instructor at once.
 * A page asked for without a valid cookie gets one, and is answered as that person already.
 */
export async function welcome(store: Store, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' || !(request.headers.accept ?? '').includes('text/html')) return;
  if (await personOf(store, request.headers.cookie)) return;
  const person = await localPerson(store);
  const expiresAt = new Date(Date.now() + lifetimeDays * 86_400_000);
  const { token } = await store.people.openSession(person.id, expiresAt.toISOString());
  response.appendHeader('set-cookie', `${cookieName}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${lifetimeDays * 86_400}`);
  request.headers.cookie = `${cookieName}=${token}`;
}

let making: Promise<Person> | undefined;

/** The one person of this tier, made once even when the first pages are asked for at the same moment. */
async function localPerson(store: Store): Promise<Person> {
  const known = (await store.people.list()).find((person) => person.roles.includes('instructor'));
  if (known) return known;
  making ??= store.people.create({ name: 'You', roles: ['learner', 'instructor'] }).finally(() => {
    making = undefined;
  });
  return await making;
}
