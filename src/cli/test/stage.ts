import type { Settings } from '#runtime/settings.ts';
import type { Engine } from '../engine/find.ts';
import type { Progress } from '../progress.ts';
import type { Outcome } from './outcome.ts';

export type Tier = 'static' | 'standard' | 'full';

/** What a stage of the checks is given. */
export interface StageContext {
  root: string;
  stage: string;
  tier: Tier;
  /** What the stages' programs get on top of this process's environment. */
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  detail: (text: string) => void;
}

/** What set-up found or made, for the stages that need it. */
export interface TestBed {
  settings: Settings;
  engine: Engine | null;
  progress: Progress;
  yes: boolean;
}

/** One stage: a name for `--only`, what it takes, and its work. A throw counts as one failure. */
export interface Stage {
  name: string;
  title: string;
  /** The smallest tier that runs it. */
  tier: 'static' | 'standard';
  /** Seconds it takes on two cores. */
  estimate: number;
  /** What has to be set up for it. */
  needs: readonly ('engine' | 'site' | 'chromium' | 'kind')[];
  run(context: StageContext, bed: TestBed): Promise<readonly Outcome[]>;
}
