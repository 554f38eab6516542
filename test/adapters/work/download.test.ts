import { Duplex, PassThrough, type Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Clock } from '#runtime/clock.ts';
import { openHint } from '#runtime/help.ts';
import { workOf } from '#runtime/work/work.ts';
import type { LabSession } from '#store/port.ts';
import { type Workbench, workbench } from '../runtime/context.ts';

const lab = '04-state-inside';
let now = Date.parse('2026-11-24T00:00:00Z');
const clock: Clock = { now: () => now, after: () => () => undefined };
let bench: Workbench;

beforeAll(async () => {
  bench = await workbench({ clock });
});
afterAll(() => bench.close());

/** A lab that is ready, whose toolbox takes its time. */
async function slowLab(): Promise<LabSession> {
  const { session } = await bench.context.store.sessions.begin({ person: bench.learner.id, lab, labVersion: 'v1' });
  Object.assign(bench.context.provider, {
    open: async (ref: object) => ({ ref, clusters: [], nodes: [] }),
    async attach(_ref: object, _argv: readonly string[], signal: AbortSignal) {
      const stream = Duplex.from({ readable: new PassThrough(), writable: new PassThrough().resume() });
      stream.on('error', () => undefined);
      signal.addEventListener('abort', () => stream.destroy());
      return { stream, ended: new Promise(() => undefined) };
    },
  });
  return { ...session, state: 'ready', instance: 'i1' };
}

const closed = (stream: Readable) => new Promise((resolve) => stream.once('close', resolve));
const activeAt = async (id: string) => (await bench.context.store.sessions.get(id))?.activeAt;
const iso = () => new Date(now).toISOString();

test('the work of a lab is downloaded once at a time, and again when that is over; it counts as being there', async () => {
  const session = await slowLab();
  now += 600_000;
  const leave = new AbortController();
  const { stream } = await workOf(bench.context, session, leave.signal);
  stream.on('error', () => undefined);
  expect(await activeAt(session.id)).toBe(iso());
  await expect(workOf(bench.context, session, AbortSignal.timeout(20_000))).rejects.toMatchObject({ status: 429, retryAfter: 5 });
  const broken = closed(stream);
  leave.abort();
  await broken;
  const again = await workOf(bench.context, session, AbortSignal.timeout(20_000));
  const left = closed(again.stream);
  again.stream.destroy();
  await left;
});

test('a download that could not begin keeps nobody from the next', async () => {
  const session = await slowLab();
  Object.assign(bench.context.provider, { open: async () => null });
  for (const _ of ['first', 'second']) {
    await expect(workOf(bench.context, session, AbortSignal.timeout(20_000))).rejects.toMatchObject({ status: 409, code: 'not-ready' });
  }
});

test('whoever takes a hint is there: the lab is not idle', async () => {
  const session = await slowLab();
  now += 600_000;
  await openHint(bench.context, bench.learner, { lab, task: 'claim', number: 1 });
  expect(await activeAt(session.id)).toBe(iso());
});
