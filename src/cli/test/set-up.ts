import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { apt } from '../engine/apt.ts';
import { debianLike } from '../engine/install.ts';
import { readyEngine } from '../engine/ready.ts';
import { CommandFailure, inWords } from '../failure.ts';
import { findChromium } from '../host/chromium.ts';
import { raiseInotify } from '../host/limits.ts';
import { firstImages, imagesOf, readyImages } from '../needed-images.ts';
import { readySite } from '../site/build.ts';
import type { Outcome } from './outcome.ts';
import type { Stage, TestBed } from './stage.ts';

type Need = Stage['needs'][number];

const makers: Readonly<Record<Need, { name: string; make: (bed: TestBed, signal: AbortSignal) => Promise<void>; optional?: boolean }>> = {
  engine: { name: 'set-up: Docker engine and images', make: readyEngineAndImages },
  site: {
    name: 'set-up: the site builds',
    make: (bed, signal) => readySite({ ...bed.settings, progress: bed.progress, signal }).then(() => undefined),
  },
  chromium: { name: 'set-up: Chromium', make: readyChromium },
  kind: { name: 'set-up: the stock kind CLI, for interop', make: readyKind, optional: true },
};

/**
 * Sets up what stages need, as `up` does. What fails is a failed case, and the stages that need it cannot run;
 * what is optional is skipped instead, and so are the tests that would use it.
 */
export async function setUp(needs: readonly Need[], bed: TestBed, signal: AbortSignal): Promise<Map<Need, Outcome>> {
  const results = new Map<Need, Outcome>();
  for (const need of needs) {
    const { name, make, optional } = makers[need];
    try {
      await make(bed, signal);
      results.set(need, { name, state: 'passed' });
    } catch (error) {
      signal.throwIfAborted();
      results.set(need, { name, state: optional ? 'skipped' : 'failed', note: inWords(error) });
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

const mayInstall = () => debianLike() !== null && process.getuid?.() === 0;

async function readyChromium(bed: TestBed, signal: AbortSignal): Promise<void> {
  if (findChromium(process.env)) return;
  const advice = 'Install it (Debian: sudo apt-get install chromium), or set SLIPWAY_CHROMIUM to its path.';
  if (!mayInstall()) throw new CommandFailure('no Chromium was found', { advice });
  await installPackage('chromium', 'Chromium, for the browser tests', bed, signal);
}

async function readyKind(bed: TestBed, signal: AbortSignal): Promise<void> {
  const folders = (process.env['PATH'] ?? '').split(':');
  if (folders.some((folder) => existsSync(join(folder, 'kind')))) return;
  if (!mayInstall()) throw new CommandFailure('kind is not installed', { advice: 'Debian 13: sudo apt-get install kind' });
  await installPackage('kind', 'kind, for the interop tests', bed, signal);
}

async function installPackage(name: string, what: string, { progress, settings }: TestBed, signal: AbortSignal): Promise<void> {
  const log = join(settings.data, 'apt.log');
  await progress.phase(
    `installing ${what} (to undo: apt-get purge ${name})`,
    async (line) => {
      await apt(['update'], { line, signal, log });
      await apt(['install', name], { line, signal, log });
    },
    { estimate: 60 },
  );
}
