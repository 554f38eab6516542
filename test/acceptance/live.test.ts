import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { kube as client, type Kube } from '#cluster/kube.ts';
import type { LabAccess } from '#cluster/port.ts';
import { defineGrader, entries, kube, Pod, reasons, task } from '#grading';
import { gradedTasks } from '#grading/grader.ts';
import { watchWitnesses } from '#runtime/grade/watch-witnesses.ts';
import type { CheckResult, SessionView } from '#runtime/hub.ts';
import { observer } from '#runtime/observe/observer.ts';
import { memoryJournal } from '#runtime/prove/memory-journal.ts';
import type { TaskHistory } from '#store/port.ts';
import { provider } from './a-lab.ts';
import { follow, type Site, site, until } from './site.ts';

const course = join(import.meta.dirname, '../../bench/course');
const labs = provider();
const limit = (seconds = 60) => AbortSignal.timeout(seconds * 1000);

let here: Site;
let session: SessionView;
let access: LabAccess;
let admin: Kube;

beforeAll(async () => {
  here = await site({ SLIPWAY_COURSE: course });
  await here.start();
  const started = await here.call('POST', '/api/labs/00-bench/start');
  session = (started.body as { session: SessionView }).session;
  const state = await follow(here, session.id, (event) => isOver(event), 400);
  expect(state).toBe('ready');
  const [found] = await labs.find(here.instance, limit());
  const ref = { instance: here.instance, lab: found?.lab ?? '', epoch: found?.epoch ?? 0 };
  const opened = await labs.open(ref, limit());
  if (opened?.clusters[0] === undefined) throw new Error('the lab cannot be opened');
  access = opened;
  const { name, admin: credentials } = opened.clusters[0];
  admin = client({ connect: (signal) => labs.dial(ref, { kind: 'api', cluster: name }, signal), credentials });
});
afterAll(async () => {
  await admin?.close();
  await here?.close();
  for (const { lab } of await labs.find(here.instance, limit())) await labs.remove({ instance: here.instance, lab }, limit(120));
});

const isOver = (event: Parameters<Parameters<typeof follow>[2]>[0]) =>
  event.type === 'session' && ['ready', 'failed'].includes(event.data.state) ? event.data.state : undefined;

/** What an open page of the session hears until it is closed. */
async function page() {
  const leave = new AbortController();
  const answer = await fetch(`${here.origin}/api/sessions/${session.id}/events`, {
    headers: { cookie: await here.cookie() },
    signal: leave.signal,
  });
  const heard = { verdicts: [] as CheckResult[], history: {} as Record<string, TaskHistory> };
  const listen = async () => {
    let rest = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, type, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (type === 'verdict') heard.verdicts.push(JSON.parse(data));
        if (type === 'history') heard.history = JSON.parse(data);
      }
    }
  };
  const listening = listen().catch((error: unknown) => {
    if (!leave.signal.aborted) throw error;
  });
  return {
    heard,
    async close() {
      leave.abort();
      await listening;
    },
  };
}

const inToolbox = async (command: string) => {
  const done = await labs.exec(access.ref, { kind: 'toolbox' }, ['bash', '-c', command], { signal: limit() });
  expect(done).toMatchObject({ code: 0 });
};
const tide = (state: string) => inToolbox(`kubectl -n shop patch configmap tide --type merge -p '{"data":{"state":"${state}"}}'`);
const patch = (path: string, body: unknown) =>
  admin.send('PATCH', path, body, { signal: limit(), contentType: 'application/merge-patch+json' });

test('a change by kubectl turns a task green and red on the open page, without Check, and both are in its history', async () => {
  const open = await page();
  const said = () => open.heard.verdicts.filter(({ task }) => task === 'tide').map(({ verdict }) => verdict.status);
  await tide('high');
  await until(async () => said().at(-1) === 'passed', 'the tick');
  await tide('low');
  await until(async () => said().at(-1) === 'wrong', 'its end');
  await open.close();
  expect(said()).toEqual(['passed', 'wrong']);
  const later = await page();
  await until(async () => Object.keys(later.heard.history).length > 0, 'the history');
  const { firstPassedAt, turns } = later.heard.history['tide'] ?? { firstPassedAt: null, turns: [] };
  expect(turns.map(({ status, cause }) => [status, cause])).toEqual([
    ['passed', 'turn'],
    ['wrong', 'turn'],
  ]);
  expect(firstPassedAt).toBe(turns[0]?.at);
  await later.close();
});

test('a hundred changes a second are judged twice a second, and the site answers as ever', async () => {
  const open = await page();
  await until(async () => open.heard.verdicts.length > 0, 'the state');
  const before = open.heard.verdicts.length;
  const seconds = 8;
  const slow: number[] = [];
  const ends = Date.now() + seconds * 1000;
  const asking = (async () => {
    while (Date.now() < ends) {
      const began = performance.now();
      expect((await fetch(`${here.origin}/healthz`)).ok).toBe(true);
      slow.push(performance.now() - began);
    }
  })();
  let count = 0;
  const storm = async () => {
    while (Date.now() < ends) {
      count += 1;
      await patch('/api/v1/namespaces/shop/configmaps/tide', { data: { state: count % 2 ? 'high' : 'low', count: `${count}` } });
    }
  };
  await Promise.all([asking, ...Array.from({ length: 4 }, storm)]);
  expect(count / seconds).toBeGreaterThan(30);
  expect(open.heard.verdicts.length - before).toBeLessThanOrEqual(2 * seconds + 2);
  expect(slow.toSorted((a, b) => a - b)[Math.floor(slow.length * 0.95)]).toBeLessThan(1000);
  await tide('high');
  await until(async () => open.heard.verdicts.at(-1)?.verdict.status === 'passed', 'the last state');
  await open.close();
});

test('a pod that was not ready for a moment is in the journal, and so is its return', async () => {
  const pods = kube.list('v1', 'Pod', { namespace: 'shop', labels: { app: 'web' }, fields: Pod });
  const because = reasons({ never: { seen: 's', needed: 'n', why: 'w', lookAt: 'l' } });
  const tasks = gradedTasks(
    [{ id: 'ready', points: 1 }],
    defineGrader({
      words: because,
      tasks: { ready: task({ lasts: 'once', observe: {}, witness: { pods }, expect: z.object({ pods: entries(pods) }) }) },
    }),
  );
  const eye = observer({ provider: labs, access, secretKey: randomBytes(32) });
  const journal = memoryJournal();
  const kept = () => journal.list('s', 1, ['ready.pods']);
  const failures: unknown[] = [];
  const onError = (error: unknown) => failures.push(error);
  const watching = watchWitnesses({ observer: eye, journal, session: { id: 's', epoch: 1 }, tasks, pace: () => 60_000, onError });
  await watching.look(limit());
  const [first] = z.array(Pod).parse(((await kept())[0] as { value: unknown }).value);
  if (first === undefined) throw new Error('no pod runs');
  const path = `/api/v1/namespaces/shop/pods/${first.metadata.name}/status`;
  const ready = (status: string) =>
    admin.send(
      'PATCH',
      path,
      { status: { conditions: [{ type: 'Ready', status }] } },
      {
        signal: limit(),
        contentType: 'application/strategic-merge-patch+json',
      },
    );
  expect((await ready('False')).status).toBe(200);
  expect((await ready('True')).status).toBe(200);
  const seenReady = async () =>
    (await kept()).map(({ value }) => {
      const pod = z
        .array(Pod)
        .parse(value)
        .find(({ metadata }) => metadata.uid === first.metadata.uid);
      return pod?.status.conditions.find(({ type }) => type === 'Ready')?.status;
    });
  await until(async () => (await seenReady()).length >= 3, 'both states');
  expect((await seenReady()).slice(0, 3)).toEqual(['True', 'False', 'True']);
  await watching.close();
  await eye.close();
  expect(failures).toEqual([]);
});
