import { debianLike } from '../engine/install.ts';
import { readyEngine } from '../engine/ready.ts';
import { CommandFailure, inWords } from '../failure.ts';
import { findChromium } from '../host/chromium.ts';
import { raiseInotify } from '../host/limits.ts';
import { firstImages, imagesOf, readyImages } from '../needed-images.ts';
import { mustRun } from '../run-program.ts';
import { readySite } from '../site/build.ts';
import type { Outcome } from './outcome.ts';
import type { Stage, TestBed } from './stage.ts';

type Need = Stage['needs'][number];

const makers: Readonly<Record<Need, { name: string; make: (bed: TestBed, signal: AbortSignal) => Promise<void> }>> = {
  engine: { name: 'set-up: Docker engine and images', make: readyEngineAndImages },
  site: {
    name: 'set-up: the site builds',
    make: (bed, signal) => readySite({ ...bed.settings, progress: bed.progress, signal }).then(() => undefined),
  },
  chromium: { name: 'set-up: Chromium', make: readyChromium },
};

/** Sets up what stages need, as `up` does. What fails is a failed case, and the stages that need it cannot run. */
export async function setUp(needs: readonly Need[], bed: TestBed, signal: AbortSignal): Promise<Map<Need, Outcome>> {
  const results = new Map<Need, Outcome>();
  for (const need of needs) {
    const { name, make } = makers[need];
    try {
      await make(bed, signal);
      results.set(need, { name, state: 'passed' });
    } catch (error) {
      signal.throwIfAborted();
      results.set(need, { name, state: 'failed', note: inWords(error) });
    }
  }
  return results;
}

async function readyEngineAndImages(bed: TestBed, signal: AbortSignal): Promise<void> {
  const { settings, progress, yes } = bed;
  const engine = await readyEngine({ env: process.env, data: settings.data, instance: 'test-set-up', yes, progress, signal });
  bed.engine = engine;
  const raised = raiseInotify();
  if (raised) progress.say(`✓ ${raised}`);
  await readyImages(imagesOf(engine.docker, settings.root, process.env), firstImages(settings.course), { progress, signal });
}

async function readyChromium({ progress, settings }: TestBed, signal: AbortSignal): Promise<void> {
  if (findChromium(process.env)) return;
  if (!debianLike() || process.getuid?.() !== 0) {
    throw new CommandFailure('no Chromium was found', {
      advice: 'Install it (Debian: sudo apt-get install chromium), or set SLIPWAY_CHROMIUM to its path.',
    });
  }
  const log = `${settings.data}/apt.log`;
  await progress.phase(
    'installing Chromium from the distribution, for the browser tests (to undo: apt-get purge chromium)',
    async (line) => {
      const options = { signal, line, log, env: { DEBIAN_FRONTEND: 'noninteractive' } };
      await mustRun(['apt-get', '-y', '-q', 'update'], options);
      await mustRun(['apt-get', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', 'install', 'chromium'], options);
    },
    { estimate: 60 },
  );
}
