import { spawnSync } from 'node:child_process';
import { span } from '../progress.ts';
import { narrator, prove, readProvable } from '../prove.ts';
import type { Outcome } from './outcome.ts';
import { labIds, labToProve } from './proof-hashes.ts';
import type { StageContext, TestBed } from './stage.ts';

/** A short proof of one lab; in the full tier every answer of every lab. Each step of a proof is a case. Writes nothing. */
export async function proofStage(
  { root, tier, signal, detail }: StageContext,
  { settings, engine, progress }: TestBed,
): Promise<Outcome[]> {
  if (!engine) return [{ name: 'proof of a lab', state: 'failed', note: 'there is no engine to prove it on' }];
  const choice = commitNumber(root);
  const one = labToProve(settings.course, choice);
  const ids = tier === 'full' ? labIds(settings.course) : one === null ? [] : [one];
  const outcomes: Outcome[] = [];
  for (const id of ids) {
    const narrate = narrator(progress.say, detail, span);
    const provable = await readProvable(root, settings.course, id);
    await prove(provable, { root, docker: engine.docker, all: tier === 'full', choice, signal }, (event) => {
      narrate(event);
      if (event.state !== 'end') return;
      const name = `proof of ${id}: ${event.step}`;
      outcomes.push(event.problems.length === 0 ? { name, state: 'passed' } : { name, state: 'failed', note: event.problems.join('\n') });
    });
  }
  return outcomes;
}

/** A number that changes with the commit, so that one run after another proves each lab in turn; 0 outside git. */
function commitNumber(root: string): number {
  const run = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return run.status === 0 ? Number.parseInt(run.stdout.slice(0, 8), 16) : 0;
}
