import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { resultsCsv } from '#server/teach/results-csv.ts';
import { holdFolder } from '#store/only-one.ts';
import { type OpenOptions, openStore } from '#store/open.ts';
import type { Attempt, Store } from '#store/port.ts';
import { changed } from '../../content/course-folder.ts';
import { engines } from '../store/engines.ts';
import { courseWith, graderText, judged, lab, root } from './results.ts';

for (const engine of engines) {
  if (engine.skip !== null) console.warn(`skipped: regrade on ${engine.name}: ${engine.skip}`);
  describe.skipIf(engine.skip !== null)(`./slipway regrade on ${engine.name}`, () => {
    let where: Pick<OpenOptions, 'url' | 'folder'>;
    let store: Store;
    beforeAll(() => engine.begin());
    afterAll(() => engine.end());
    beforeEach(async () => {
      where = await engine.fresh();
      store = await openStore(where);
    });
    afterEach(() => store.close());

    /** How the command is started in a process of its own. */
    function command(course: string, ...args: string[]) {
      const { DATABASE_URL: _, ...inherited } = process.env;
      const database = where.url === undefined ? {} : { DATABASE_URL: where.url };
      const env = { ...inherited, ...database, SLIPWAY_DATA: where.folder, SLIPWAY_COURSE: course };
      return { argv: ['src/cli/main.ts', 'regrade', lab, ...args], options: { cwd: root, env } };
    }
    function regrade(course: string, ...args: string[]): { code: number | null; out: string; err: string } {
      const { argv, options } = command(course, ...args);
      const ran = spawnSync(process.execPath, argv, { ...options, encoding: 'utf8' });
      return { code: ran.status, out: ran.stdout, err: ran.stderr };
    }
    const mend = (course: string, grader: string) => writeFileSync(join(course, 'labs', lab, 'grade.ts'), grader);
    const statusOf = async ({ id }: Attempt) => (await store.attempts.get(id))?.verdict.status;

    test('with the grader that judged them, nothing differs and nothing is written', async () => {
      const course = courseWith(graderText());
      const { attempts } = await judged(store, course, 'Ada', [
        { task: 'one', replicas: null },
        { task: 'two', replicas: 2 },
        { task: 'two', replicas: 0 },
      ]);
      expect(regrade(course, '--write')).toMatchObject({ code: 0, out: expect.stringContaining('3 unchanged') });
      for (const { id } of attempts) expect(await store.attempts.get(id)).toMatchObject({ revisedFrom: [] });
    });

    test('a mended grader: the differences by code first, and with --write the grades', async () => {
      const course = courseWith(graderText());
      const tries = [{ task: 'one', replicas: 2 }];
      const ada = await judged(store, course, 'Ada', [...tries, ...tries]);
      await judged(store, course, 'Bob', [...tries, { task: 'one', replicas: 3 }]);
      mend(course, graderText({ one: 'z.int().min(2)' }));

      const shown = regrade(course);
      expect(shown.code).toBe(1);
      expect(shown.out).toMatch(/^task +was +now +attempts +people\none +wrong 0 of 1 \(web\.replicas\) +passed 1 of 1 +3 +2$/m);
      expect(shown.out).toContain('4 attempts: 3 would be judged otherwise, 1 unchanged');
      expect(shown.out).toContain('Nothing was written.');
      expect(await store.attempts.best({ person: ada.person })).toMatchObject([{ score: 0 }]);

      const wrote = regrade(course, '--write');
      expect(wrote.code).toBe(0);
      expect(wrote.out).toMatch(/^Ada +one +wrong 0 of 1 +passed 1 of 1$/m);
      expect(wrote.out).toContain('Best scores: 1 higher, 0 lower.');
      expect(await store.attempts.best({ person: ada.person })).toMatchObject([
        { score: 1, status: 'passed', attempt: ada.attempts[0]?.id },
      ]);
      expect(await resultsCsv(store, {})).toContain(`Ada,${lab},${lab},one,one,1,1,passed`);
      expect(await store.attempts.get(ada.attempts[0]?.id ?? '')).toMatchObject({
        revisedAt: expect.stringMatching(/^20/),
        revisedFrom: [
          { verdict: { status: 'wrong', findings: [{ code: 'web.replicas' }] }, graderVersion: ada.attempts[0]?.graderVersion },
        ],
      });
      expect(regrade(course)).toMatchObject({ code: 0, out: expect.stringContaining('4 unchanged') });
    });

    test('a stricter grader lowers grades; --json tells a program all of it', async () => {
      const course = courseWith(graderText());
      const { person } = await judged(store, course, 'Ada', [{ task: 'two', replicas: 2 }]);
      mend(course, graderText({ two: 'z.int().min(3)' }));
      const difference = {
        task: 'two',
        was: { status: 'passed', score: 2, points: 2, codes: [] },
        now: { status: 'wrong', score: 0, points: 2, codes: ['web.replicas'] },
        attempts: 1,
        people: 1,
      };
      const shown = regrade(course, '--json');
      expect([shown.code, JSON.parse(shown.out)]).toEqual([
        1,
        {
          ...{ lab, graderVersion: expect.any(String), attempts: 1, unchanged: 0, partial: 0, unfit: 0, unknownTasks: {} },
          differences: [difference],
          written: null,
        },
      ]);
      const wrote = JSON.parse(regrade(course, '--write', '--json').out);
      const [was, now] = [
        { status: 'passed', score: 2, points: 2 },
        { status: 'wrong', score: 0, points: 2 },
      ];
      expect(wrote.written).toEqual({ attempts: 1, grades: [{ person, name: 'Ada', task: 'two', was, now }] });
      expect(await store.attempts.best({ person })).toMatchObject([{ score: 0, status: 'wrong' }]);
    });

    test('what cannot be regraded is told apart and keeps its verdict', async () => {
      const course = courseWith(graderText());
      const { attempts } = await judged(store, course, 'Ada', [
        { task: 'one', replicas: 3, partial: true },
        { task: 'one', replicas: 3 },
        { task: 'two', replicas: 2 },
      ]);
      mend(course, graderText({ one: 'z.literal(4)', fields: ', paused: z.boolean()' }).replace(/ {4}two: .*\n/, ''));
      const withoutTwo = changed(
        `labs/${lab}/lab.yaml`,
        '  - id: two\n    title: The second task\n    points: 2\n    brief: Make the second thing true, please.\n',
        '',
      );
      for (const [path, text] of Object.entries(withoutTwo)) writeFileSync(join(course, path), text);

      const { code, out } = regrade(course, '--write');
      expect(code).toBe(0);
      expect(out).toContain('1 cannot be regraded: the evidence was cut when it was stored');
      expect(out).toContain('1 cannot be regraded: the evidence lacks what this grader reads (evidence.unreadable)');
      expect(out).toContain('1 of the task two, which the lab has no longer');
      expect(await Promise.all(attempts.map(statusOf))).toEqual(['passed', 'passed', 'passed']);
    });

    test('a task that stays passed falls with the attempt that earned it, unless another earned it too', async () => {
      const course = courseWith(graderText());
      const fallen = await judged(store, course, 'Ada', [
        { task: 'two', replicas: 2 },
        { task: 'two', replicas: 0 },
      ]);
      const kept = await judged(store, course, 'Bob', [
        { task: 'two', replicas: 5 },
        { task: 'two', replicas: 0 },
      ]);
      const statuses = async () => Promise.all([...fallen.attempts, ...kept.attempts].map(statusOf));
      expect(await statuses()).toEqual(['passed', 'passed', 'passed', 'passed']);
      mend(course, graderText({ two: 'z.int().min(4)' }));
      regrade(course, '--write');
      expect(await statuses()).toEqual(['wrong', 'wrong', 'passed', 'passed']);
      // What was revised once is judged from the same evidence again.
      expect(regrade(course)).toMatchObject({ code: 0 });
      mend(course, graderText());
      regrade(course, '--write');
      expect(await statuses()).toEqual(['passed', 'passed', 'passed', 'passed']);
    });

    test('while the site runs the differences are shown, not written, and it says what to do', async () => {
      const course = courseWith(graderText());
      const { attempts } = await judged(store, course, 'Ada', [{ task: 'one', replicas: 2 }]);
      mend(course, graderText({ one: 'z.literal(2)' }));
      const site = holdFolder(where.folder);
      try {
        const { code, out } = regrade(course, '--write');
        expect(code).toBe(1);
        expect(out).toMatch(/1 would be judged otherwise/);
        expect(out).toMatch(/Nothing was written: another Slipway works with .*\nStop it .*--write again, and start it anew/s);
        expect(regrade(course, '--write', '--json').err).toContain('Nothing was written');
      } finally {
        site.release();
      }
      expect(await Promise.all(attempts.map(statusOf))).toEqual(['wrong']);
      expect(regrade(course, '--write').code).toBe(0);
    });

    test('killed while it writes, it leaves each attempt revised or not and bests that fit; run again, it does the rest', async () => {
      const course = courseWith(graderText());
      const tries = Array.from({ length: 300 }, (_, index) => ({ task: 'one', replicas: index % 4 }));
      const people = await Promise.all(['Ada', 'Bob', 'Cleo'].map((name) => judged(store, course, name, tries)));
      mend(course, graderText({ one: 'z.literal(2)' }));
      const { argv, options } = command(course, '--write');
      const writing = spawn(process.execPath, argv, { ...options, stdio: 'ignore' });
      const revised = async () => {
        let count = 0;
        for await (const { revisedAt } of store.attempts.each({ lab })) if (revisedAt !== null) count += 1;
        return count;
      };
      const early = people.map(({ attempts }) => attempts[2]?.id ?? '');
      const begun = async () => (await Promise.all(early.map((id) => store.attempts.get(id)))).some((one) => one?.revisedAt !== null);
      await vi.waitUntil(begun, { timeout: 20_000, interval: 1 });
      writing.kill('SIGKILL');
      await once(writing, 'exit');

      expect(await revised()).toBeGreaterThan(0);
      const expectFit = async () => {
        for (const { person } of people) {
          const all = await store.attempts.list({ person, limit: 1_000 });
          const first = all.findLast(({ verdict }) => verdict.score === Math.max(...all.map((one) => one.verdict.score)));
          expect(await store.attempts.best({ person })).toMatchObject([
            { score: first?.verdict.score, attempt: first?.id, lastStatus: all[0]?.verdict.status, attempts: 300 },
          ]);
        }
      };
      await expectFit();
      expect(regrade(course, '--write').code).toBe(0);
      expect(await revised()).toBe(450);
      await expectFit();
    });
  });
}
