import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { may } from '#people/policy.ts';
import { type Context, labOf } from '#runtime/context.ts';
import { Problem } from '#runtime/problem.ts';
import type { LabSession, Person } from '#store/port.ts';
import type { Place } from '../hosts.ts';
import { visitTokens } from './headers.ts';
import { Refusal } from './refusal.ts';
import { previewSeenAt, type Spot, seenOrigin } from './spot.ts';

export type PreviewPlace = Extract<Place, { kind: 'preview' }>;

export type PreviewContext = Pick<Context, 'course' | 'log' | 'provider' | 'settings' | 'store'>;

/** The one path of a preview's host that is ours. */
export const enterPath = '/.slipway/enter';

const entering = 'preview';
const visiting = 'preview-visit';
const enterMilliseconds = 30_000;
export const visitSeconds = 12 * 3600;

/** What a ticket lets its holder see, and where a visit begins. */
const Pass = z.strictObject({ session: z.string(), label: z.string(), path: z.string() });
type Pass = z.infer<typeof Pass>;

/** Somebody who may see a preview now. */
export interface Visit {
  spot: Spot;
  session: LabSession;
  person: string;
}

/** The address that opens a preview once, within half a minute. `port` as it stands in addresses. */
export async function openAddress(context: PreviewContext, visit: Visit, path = visit.spot.own.path): Promise<string> {
  const { spot, person } = visit;
  const token = await issue(context, entering, person, { session: spot.session, label: spot.own.id, path }, enterMilliseconds);
  return `${seenOrigin(spot)}${enterPath}?ticket=${token}`;
}

/** What a lesson's page asks for. Throws a `Problem` when the lab has no such preview or is not ready. */
export async function askedPreview(
  context: PreviewContext,
  { session, person, label, host }: { session: LabSession; person: Person; label: string; host: string },
): Promise<string> {
  const all = labOf(context, session.lab).file.previews;
  const own = all.find(({ id }) => id === label);
  if (own === undefined) throw new Problem(404, 'no-such-preview', `label: this lab has no preview "${label}".`, { field: 'label' });
  if (session.state !== 'ready') throw new Problem(409, 'not-ready', `The lab is ${session.state}; a preview needs it ready.`);
  await context.store.sessions.touch(session.id);
  const port = /:\d+$/.exec(host)?.[0] ?? '';
  return await openAddress(context, { spot: { session: session.id, port, own, all }, session, person: person.id });
}

/** Redeems the ticket of an entering request: the visit's token and where it begins. */
export async function enter(context: PreviewContext, place: PreviewPlace, url: string): Promise<{ token: string; path: string }> {
  const ticket = new URL(url, 'http://preview').searchParams.get('ticket') ?? '';
  const found = await context.store.tickets.redeem(entering, ticket);
  const pass = Pass.safeParse(found?.value);
  if (found === null || !pass.success || !isFor(pass.data, place)) throw new Refusal('used');
  const token = await issue(context, visiting, found.person, pass.data, visitSeconds * 1000);
  return { token, path: pass.data.path };
}

/** Whose request this is, by its cookie. Throws a `Refusal` when it may not see this preview, or not now. */
export async function admit(context: PreviewContext, place: PreviewPlace, { headers }: IncomingMessage): Promise<Visit> {
  const person = await visitor(context, place, visitTokens(headers.cookie));
  if (person === null) throw new Refusal('no-visit');
  const session = await context.store.sessions.get(place.session);
  const isTheirs =
    session !== null && may({ person: person.id, roles: person.roles }, 'preview', { kind: 'session', owner: session.person });
  if (!isTheirs) throw new Refusal('no-preview');
  const { id: lab, file } = labOf(context, session.lab);
  const own = file.previews.find(({ id }) => id === place.label);
  if (own === undefined) throw new Refusal('no-preview');
  if (session.state !== 'ready') throw new Refusal(session.state, { lesson: context.course.lessons.find((each) => each.lab === lab)?.id });
  const spot = { session: session.id, port: place.port, own, all: file.previews };
  if (isFromElsewhere(headers, spot)) throw new Refusal('elsewhere');
  return { spot, session, person: person.id };
}

async function visitor(context: PreviewContext, place: PreviewPlace, tokens: readonly string[]): Promise<Person | null> {
  for (const token of tokens) {
    const found = await context.store.tickets.find(visiting, token);
    const pass = Pass.safeParse(found?.value);
    if (found !== null && pass.success && isFor(pass.data, place)) return await context.store.people.get(found.person);
  }
  return null;
}

/**
 * Whether the page behind this request is none of this lab's previews: the hosts of all labs are one site to a browser, so that
 * its cookies come along. Opening the preview by a link is everybody's.
 */
function isFromElsewhere(headers: IncomingMessage['headers'], spot: Spot): boolean {
  const { origin, referer } = headers;
  const site = headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return false;
  if (origin !== undefined) return previewSeenAt(spot, origin) === undefined;
  if (site === undefined || (headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document')) return false;
  return previewSeenAt(spot, URL.parse(referer ?? '')?.origin ?? '') === undefined;
}

const isFor = (pass: Pass, place: PreviewPlace) => pass.session === place.session && pass.label === place.label;

async function issue(context: PreviewContext, purpose: string, person: string, value: Pass, milliseconds: number): Promise<string> {
  const expiresAt = new Date(Date.now() + milliseconds).toISOString();
  return (await context.store.tickets.issue({ person, purpose, value, expiresAt })).token;
}
