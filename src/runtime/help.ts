import type { Help, Person } from '#store/port.ts';
import { type Context, labOf, tellLog } from './context.ts';
import { Problem } from './problem.ts';
import { solutionsOf } from './solution.ts';

type Wanted = { lab: string; task: string };

/** Opens a hint of a task; each only after the one before it. Recorded the first time. */
export async function openHint(context: Context, person: Person, { number, ...wanted }: Wanted & { number: number }) {
  const task = taskOf(context, wanted);
  const text = task.hints[number - 1];
  if (text === undefined) throw new Problem(404, 'no-such-hint', `The task has ${task.hints.length} hints.`, { field: 'number' });
  const opened = await takenOf(context, person, wanted, 'hint');
  if (number > 1 && !opened.some((help) => help.number === number - 1)) {
    throw new Problem(409, 'hint-before', `Open hint ${number - 1} first.`, { field: 'number' });
  }
  if (!opened.some((help) => help.number === number)) {
    await take(context, person, wanted, [{ kind: 'hint', number }], `Hint ${number} of “${task.title}” was opened.`);
  }
  return { hint: text, number, of: task.hints.length };
}

/** Shows the reference answer of a task that passed, or to whom asks for it a second time. Both are recorded. */
export async function askSolution(context: Context, person: Person, wanted: Wanted) {
  const task = taskOf(context, wanted);
  const solution = solutionsOf(labOf(context, wanted.lab))[wanted.task];
  if (solution === undefined) throw new Problem(404, 'no-solution', 'There is no solution to show for this task.');
  const [bests, asked, seen] = await Promise.all([
    context.store.attempts.best({ person: person.id, lab: wanted.lab }),
    takenOf(context, person, wanted, 'asked'),
    takenOf(context, person, wanted, 'solution'),
  ]);
  const passed = bests.some((best) => best.task === wanted.task && best.status === 'passed');
  if (!passed && asked.length === 0 && seen.length === 0) {
    await take(context, person, wanted, [{ kind: 'asked', number: 1 }], `The solution of “${task.title}” was asked for.`);
    const message = 'It stays yours longer if you find it. Ask once more and the solution is shown; your instructor can see that it was.';
    return { shown: false, asked: 1, message } as const;
  }
  if (seen.length === 0) {
    const again = passed ? [] : [{ kind: 'asked', number: 2 } as const];
    await take(context, person, wanted, [...again, { kind: 'solution', number: 1 }], `The solution of “${task.title}” was shown.`);
  }
  return { shown: true, solution } as const;
}

function taskOf(context: Context, { lab, task }: Wanted) {
  const found = labOf(context, lab).file.tasks.find(({ id }) => id === task);
  if (found === undefined) throw new Problem(404, 'no-such-task', 'The lab has no such task.', { field: 'task' });
  return found;
}

async function takenOf({ store }: Context, person: Person, wanted: Wanted, kind: Help['kind']): Promise<readonly Help[]> {
  return (await store.help.list({ person: person.id, ...wanted })).filter((help) => help.kind === kind);
}

/** Writes help down, and into the log of the lab that runs: whoever takes help is there. */
async function take(
  context: Context,
  person: Person,
  wanted: Wanted,
  kinds: readonly Pick<Help, 'kind' | 'number'>[],
  sentence: string,
): Promise<void> {
  const session = await context.store.sessions.live(person.id, wanted.lab);
  for (const help of kinds) await context.store.help.take({ person: person.id, ...wanted, ...help, session: session?.id ?? null });
  if (session === null) return;
  await context.store.sessions.touch(session.id);
  await tellLog(context, session, 'help', sentence);
}
