import { expect, test } from 'vitest';
import { openStore } from '#store/open.ts';
import { onEveryEngine } from './engines.ts';
import { run } from './programs/run.ts';

onEveryEngine('what a killed server had called saved', (opened) => {
  test('is all there, with its best, however often it is killed', async () => {
    const { folder, url } = opened().where;
    for (let round = 0; round < 4; round++) {
      const server = run('record-forever', folder, ...(url === undefined ? [] : [url]));
      const saved: { id: string; score: number }[] = [];
      for await (const line of server.lines) {
        const [, id = '', score = ''] = line.split(' ');
        saved.push({ id, score: Number(score) });
        if (saved.length === 3 + round * 7) server.process.kill('SIGKILL');
      }
      await server.ended;
      expect(saved.length).toBeGreaterThanOrEqual(3 + round * 7);

      const store = await openStore({ folder, url });
      const found = await Promise.all(saved.map(({ id }) => store.attempts.get(id)));
      expect(found.map((attempt) => attempt?.verdict.score)).toEqual(saved.map(({ score }) => score));
      const person = found[0]?.person ?? '';
      const all = await store.attempts.list({ person, limit: 1_000 });
      expect(await store.attempts.best({ person })).toEqual([
        expect.objectContaining({ attempts: all.length, score: Math.max(...all.map((attempt) => attempt.verdict.score)) }),
      ]);
      await store.close();
    }
  });
});
