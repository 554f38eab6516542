import { survivedShare } from '#runtime/prove/mutate.ts';
import { type Proof, writeProof } from '#runtime/prove/prove-lab.ts';
import { readyEngine } from '../engine/ready.ts';
import { CommandFailure } from '../failure.ts';
import { imagesOf, labImageNames, readyImages } from '../needed-images.ts';
import { progressOn, span } from '../progress.ts';
import { narrator, type Provable, prove, readProvable } from '../prove.ts';
import { settingsFor } from '../settings.ts';
import { asTheUserWould } from '../umask.ts';
import type { LabRun } from './index.ts';
import { namedLabs } from './named.ts';

/** `lab test`: proves labs on real clusters, and writes `proof.json` and the fixtures of those that hold. */
export const run: LabRun = async (words, args, context) => {
  const { root, env, signal } = context;
  if (args.on('quick') && args.on('twice')) throw new CommandFailure('--quick and --twice exclude each other', { exitCode: 2 });
  const settings = settingsFor(args, context);
  const ids = namedLabs(settings.course, words, args.on('all'));
  const provable: Provable[] = [];
  for (const id of ids) provable.push(await readProvable(root, settings.course, id));

  const progress = progressOn(args.on('json') ? process.stderr : process.stdout);
  const engine = await readyEngine({ env, data: settings.data, instance: settings.instance, yes: false, progress, signal });
  await readyImages(imagesOf(engine.docker, root, env), labImageNames(settings.course, ids), { progress, signal });
  const proofs: { id: string; proof: Proof }[] = [];
  for (const one of provable) {
    const { id, folder } = one.lab;
    const options = { root, docker: engine.docker, all: !args.on('quick'), choice: 0, twice: args.on('twice'), signal };
    const proof = await progress.phase(`proving ${id}`, (detail) => prove(one, options, narrator(progress.say, detail, span)), {
      estimate: (args.on('twice') ? 2 : 1) * 30 * (args.on('quick') ? 4 : one.scripts.length + 1),
      failed: ({ passed }) => !passed,
      said: ({ passed, problems }) => (passed ? 'it tells right from wrong' : `${problems.length} problems`),
    });
    if (proof.passed) asTheUserWould(() => writeProof(folder, proof));
    proofs.push({ id, proof });
  }
  for (const line of table(proofs)) progress.say(line);
  const failed = proofs.filter(({ proof }) => !proof.passed).length;
  progress.say(failed === 0 ? 'Written: proof.json and fixtures/.' : 'Nothing was written for what failed.');
  if (args.on('json')) {
    const labs = proofs.map(({ id, proof: { passed, problems, file } }) => ({ id, passed, problems, proof: file }));
    process.stdout.write(`${JSON.stringify({ labs }, null, 2)}\n`);
  }
  return failed === 0 ? 0 : 1;
};

function table(proofs: readonly { id: string; proof: Proof }[]): string[] {
  const rows = proofs.map(({ id, proof: { passed, file } }) => [
    passed ? '✓' : '✗',
    id,
    `${file.steps.length}`,
    span(file.proofMilliseconds),
    span(file.startMilliseconds),
    file.memoryMiB === null ? '?' : `${file.memoryMiB} MiB`,
    `${file.mutants.made}`,
    `${file.mutants.survived} (${(100 * survivedShare(file.mutants)).toFixed(1)} %)`,
  ]);
  const all = [['', 'lab', 'steps', 'proof', 'start', 'memory', 'mutants', 'survived'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
