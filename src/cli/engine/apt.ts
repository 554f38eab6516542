import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure } from '../failure.ts';
import { mustRun, runProgram } from '../run-program.ts';

export interface AptOptions {
  line: (text: string) => void;
  signal: AbortSignal;
  log: string;
}

/** Runs apt to its end, also when a stop is asked for meanwhile: packages are not left half-installed. */
export async function apt(args: readonly string[], { line, signal, log }: AptOptions): Promise<void> {
  const quiet = ['-y', '-q', '--no-install-recommends'];
  const settings = ['Dpkg::Options::=--force-confold', 'DPkg::Lock::Timeout=120', 'Acquire::Languages=none'].flatMap((one) => ['-o', one]);
  const patience = () => line('finishing what apt has begun, then stopping');
  signal.addEventListener('abort', patience, { once: true });
  try {
    await mustRun(['apt-get', ...quiet, ...settings, ...args], {
      line,
      log,
      append: true,
      signal: AbortSignal.timeout(900_000),
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      advice: `The whole output: ${log}\nMend apt, or install it by hand, then run the same command again.`,
    });
  } finally {
    signal.removeEventListener('abort', patience);
  }
  signal.throwIfAborted();
}

/** Sets up packages that an install which was killed left unpacked; waits for a dpkg that is still at work. */
export async function finishPackages(signal: AbortSignal): Promise<void> {
  const options = { signal, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const deadline = performance.now() + 120_000;
  for (;;) {
    const { code, output } = await runProgram(['dpkg', '--configure', '-a'], options);
    if (code === 0) return;
    if (!output.includes('locked by another process') || performance.now() > deadline) {
      throw new CommandFailure(`dpkg --configure -a failed:\n${output}`, { advice: 'Mend the packages, then run the same command again.' });
    }
    await pause(1000, undefined, { signal });
  }
}
