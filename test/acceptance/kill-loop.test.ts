import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SessionView } from '#runtime/hub.ts';
import { follow, type Site, site, until } from './site.ts';

const course = join(import.meta.dirname, '../../bench/course');
const lab = '00-bench';
/** The standard tests leave out every other step: one more kill is up to half a minute. */
const isFull = process.env['SLIPWAY_TEST_TIER'] === 'full';

let here: Site;
beforeAll(async () => {
  here = await site({ SLIPWAY_COURSE: course });
  await here.start();
});
afterAll(async () => {
  await here.kill('SIGKILL');
  await promisify(execFile)('node', ['src/cli/main.ts', 'down'], {
    env: { ...process.env, SLIPWAY_COURSE: course, SLIPWAY_DATA: here.data, SLIPWAY_INSTANCE: here.instance },
  });
  await here.close();
});

test('scenario 1: a server killed at step after step of a start finishes the lab after the next boot, and leaves nothing behind at the end', async () => {
  // Twenty clicks are one lab.
  const clicks = await Promise.all(Array.from({ length: 20 }, () => here.call('POST', `/api/labs/${lab}/start`)));
  expect(clicks.map((click) => click.status).sort()).toEqual([...Array(19).fill(200), 201]);
  const sessions = clicks.map((click) => (click.body as { session: SessionView }).session);
  expect(new Set(sessions.map(({ id }) => id)).size).toBe(1);
  const [session] = sessions;
  if (session === undefined) throw new Error('no session');

  const phases = await follow(
    here,
    session.id,
    (event) => (event.type === 'phases' && event.data.phases.length > 0 ? event.data.phases : undefined),
    60,
  );
  const steps = phases.map((phase) => phase.id);
  expect(steps.length).toBeGreaterThan(5);
  const killedAt = steps.filter((_, index) => isFull || index % 2 === 1);
  const reached: string[] = [];
  for (const step of killedAt) {
    const index = steps.indexOf(step);
    const state = await follow(
      here,
      session.id,
      (event) => {
        if (event.type === 'session' && event.data.state !== 'starting') return event.data.state;
        if (event.type !== 'phases') return undefined;
        const past = event.data.phases.slice(index).some((phase) => phase.state === 'running' || phase.state === 'done');
        return past ? 'reached' : undefined;
      },
      180,
    );
    if (state !== 'reached') break;
    reached.push(step);
    await here.kill('SIGKILL');
    await here.start();
  }
  expect(reached.length, `killed at ${reached.join(', ')} of ${killedAt.join(', ')}`).toBeGreaterThanOrEqual(
    killedAt.length - (isFull ? 2 : 1),
  );

  const end = await follow(
    here,
    session.id,
    (event) => (event.type === 'session' && !['queued', 'starting'].includes(event.data.state) ? event.data : undefined),
    240,
  );
  expect(end, here.output().slice(-4000)).toMatchObject({ state: 'ready', reason: null });

  // Killed while it ends, too.
  expect((await here.call('POST', `/api/sessions/${session.id}/end`)).status).toBe(200);
  await here.kill('SIGKILL');
  await here.start();
  await until(
    async () => {
      const { body } = await here.call('GET', `/api/labs/${lab}/session`);
      return (body as { session: SessionView | null }).session === null;
    },
    'the lab to end',
    90,
  );
  expect(await here.census()).toEqual([]);
});
