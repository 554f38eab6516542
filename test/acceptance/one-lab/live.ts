import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { kube as client, type Kube } from '#cluster/kube.ts';
import { defineGrader, entries, kube, Pod, reasons, task } from '#grading';
import { gradedTasks } from '#grading/grader.ts';
import { watchWitnesses } from '#runtime/grade/watch-witnesses.ts';
import type { CheckResult } from '#runtime/hub.ts';
import { observer } from '#runtime/observe/observer.ts';
import { memoryJournal } from '#runtime/prove/memory-journal.ts';
import type { TaskHistory } from '#store/port.ts';
import { until } from '../site.ts';
import type { BenchLab } from './bench-lab.ts';

const limit = (seconds = 60) => AbortSignal.timeout(seconds * 1000);

/** What an open page of the session hears until it is closed. */
async function pageOf({ here, session }: BenchLab) {
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
  const close = async () => {
    leave.abort();
    await listening;
  };
  onTestFinished(close);
  return { heard, close };
}

/** What changes in the lab is judged while a page is open, and kept in the journal while none is. */
export function live(theLab: () => BenchLab): void {
  let admin: Kube;
  beforeAll(() => {
    const { access, labs, ref } = theLab();
    const [cluster] = access.clusters;
    if (cluster === undefined) throw new Error('the lab has no cluster');
    admin = client({ connect: (signal) => labs.dial(ref, { kind: 'api', cluster: cluster.name }, signal), credentials: cluster.admin });
  });
  afterAll(async () => await admin?.close());

  const tide = (state: string) =>
    theLab().inToolbox(`kubectl -n shop patch configmap tide --type merge -p '{"data":{"state":"${state}"}}'`);
  const patch = (path: string, body: unknown) =>
    admin.send('PATCH', path, body, { signal: limit(), contentType: 'application/merge-patch+json' });

  test('a change by kubectl turns a task green and red on the open page, without Check, and both are in its history', async () => {
    const open = await pageOf(theLab());
    const said = () => open.heard.verdicts.filter(({ task }) => task === 'tide').map(({ verdict }) => verdict.status);
    await tide('high');
    await until(async () => said().at(-1) === 'passed', 'the tick');
    await tide('low');
    await until(async () => said().at(-1) === 'wrong', 'its end');
    await open.close();
    expect(said()).toEqual(['passed', 'wrong']);
    const later = await pageOf(theLab());
    await until(async () => Object.keys(later.heard.history).length > 0, 'the history');
    const { firstPassedAt, turns } = later.heard.history['tide'] ?? { firstPassedAt: null, turns: [] };
    expect(turns.map(({ status, cause }) => [status, cause])).toEqual([
      ['passed', 'turn'],
      ['wrong', 'turn'],
    ]);
    expect(firstPassedAt).toBe(turns[0]?.at);
    await later.close();
  });

  test('a storm of changes is judged twice a second, and the site answers as ever', async () => {
    const { here } = theLab();
    const open = await pageOf(theLab());
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
    expect(count / seconds).toBeGreaterThan(10);
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
    const { access, labs } = theLab();
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
}
