/** `node print-graders.ts FOLDER`: prints a lab's grader as JSON, again at every line on stdin. Loads it as the server does, which vitest's own module runner would not. */
import { createInterface } from 'node:readline';
import { loadGrader } from '#runtime/grade/load-grader.ts';

const [folder = ''] = process.argv.slice(2);
const tasks = [
  { id: 'answers', points: 2 },
  { id: 'copies', points: 1 },
];
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    const loaded = await loadGrader({ root: process.cwd(), folder, tasks });
    const told = loaded.tasks.map(({ id, points, lasts, words }) => ({ id, points, lasts, words }));
    console.log(JSON.stringify({ version: loaded.version, tasks: told }));
  } catch (error) {
    console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
  }
}
