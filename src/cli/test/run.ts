import type { Arguments } from '../arguments.ts';
import type { Run } from '../commands.ts';
import { CommandFailure, inWords } from '../failure.ts';
import { findChromium } from '../host/chromium.ts';
import { progressOn } from '../progress.ts';
import { settingsFor } from '../settings.ts';
import { sweep, testObjects } from './left-over.ts';
import { details, type Outcome, summary } from './outcome.ts';
import { setUp } from './set-up.ts';
import type { Stage, StageContext, TestBed, Tier } from './stage.ts';
import { stages } from './stages.ts';

/** Runs the stages of a tier. The last line is the sum over all of them; exit 1 when anything failed. */
export const run: Run = async (args, context) => {
  const { root, signal } = context;
  const chosen = chosenStages(args);
  const tier: Tier = args.on('full') ? 'full' : args.on('static') ? 'static' : 'standard';
  const progress = progressOn(process.stdout);
  const bed: TestBed = { settings: settingsFor(args, context), engine: null, progress, yes: args.on('yes') };
  const outcomes: Outcome[] = [];
  const record = (stage: readonly Outcome[]) => {
    outcomes.push(...stage);
    for (const line of details(stage)) progress.say(line);
  };
  try {
    for (const stage of chosen.filter(({ needs }) => needs.length === 0))
      record(await runStage(stage, bed, { root, tier, signal, env: {} }));
    const needing = chosen.filter(({ needs }) => needs.length > 0);
    const needs = [...new Set(needing.flatMap(({ needs }) => needs))];
    const ready = await setUp(needs, bed, signal);
    record([...ready.values()]);
    const before = bed.engine ? await testObjects(bed.engine.docker, signal) : new Set<string>();
    for (const stage of needing) {
      const broken = stage.needs.map((need) => ready.get(need)).find((outcome) => outcome?.state === 'failed');
      if (broken) record([{ name: stage.title, state: 'failed', note: `not run: ${broken.name} failed` }]);
      else record(await runStage(stage, bed, { root, tier, signal, env: bedEnvironment(bed, tier) }));
    }
    if (bed.engine) record([await sweep(bed.engine.docker, before, context.env['SLIPWAY_TEST_KEEP'] === '1', signal)]);
  } finally {
    progress.say(summary(outcomes));
  }
  return outcomes.some(({ state }) => state === 'failed') ? 1 : 0;
};

function chosenStages(args: Arguments): readonly Stage[] {
  const only = args.value('only');
  if (only !== undefined) {
    const found = stages.filter(({ name }) => name === only);
    if (found.length > 0) return found;
    throw new CommandFailure(`--only ${only}: there is no such stage`, {
      advice: `Stages: ${stages.map(({ name }) => name).join(', ')}.`,
      exitCode: 2,
    });
  }
  if (args.on('static') && args.on('full')) throw new CommandFailure('--static and --full exclude each other', { exitCode: 2 });
  return args.on('static') ? stages.filter(({ tier }) => tier === 'static') : stages;
}

async function runStage(stage: Stage, bed: TestBed, context: Omit<StageContext, 'detail' | 'stage'>): Promise<readonly Outcome[]> {
  const title = `${stage.name}: ${stage.title}`;
  return await bed.progress.phase(
    title,
    async (detail) => {
      try {
        return await stage.run({ ...context, stage: stage.name, detail }, bed);
      } catch (error) {
        context.signal.throwIfAborted();
        return [{ name: stage.title, state: 'failed' as const, note: inWords(error) }];
      }
    },
    { estimate: stage.estimate, said: summary, failed: (cases) => cases.some(({ state }) => state === 'failed') },
  );
}

/** What tests on real parts read: where the engine and the browser are, and how much to run. */
function bedEnvironment({ engine }: TestBed, tier: Tier): Record<string, string> {
  const chromium = findChromium(process.env);
  return {
    SLIPWAY_TEST_TIER: tier,
    ...(engine ? { DOCKER_HOST: engine.host } : {}),
    ...(chromium ? { SLIPWAY_CHROMIUM: chromium } : {}),
  };
}
