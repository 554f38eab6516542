import { wholeNumber } from './arguments.ts';
import type { Run } from './commands.ts';
import { findEngine } from './engine/find.ts';
import { capacityFinding } from './host/capacity.ts';
import { chromiumFinding } from './host/chromium.ts';
import { engineFindings } from './host/engine-findings.ts';
import type { Finding } from './host/finding.ts';
import { imageFindings } from './host/image-findings.ts';
import { kernelFindings } from './host/kernel.ts';
import { coresFinding, diskFinding, inotifyFinding, memoryFinding } from './host/limits.ts';
import { poolFinding } from './host/pool-finding.ts';
import { portFinding } from './host/port-finding.ts';
import { runningIn } from './running.ts';
import { settingsFor } from './settings.ts';

/** Lists what this machine is like for Slipway, worst first in nothing: in the order of a start. Exit 1 when a problem was found. */
export const run: Run = async (args, context) => {
  const { env, signal, root } = context;
  wholeNumber(args.value('port'), '--port', 0, 65_535);
  const settings = settingsFor(args, context);
  const found = await findEngine(env, signal);
  const remote = found.ok && !found.engine.host.startsWith('unix://');
  const [engine, images, port, capacity] = await Promise.all([
    engineFindings(found, settings.instance, signal),
    imageFindings(found, root, env, signal),
    portFinding(settings.host, settings.port, runningIn(settings.data)),
    capacityFinding(found, settings, signal),
  ]);
  const findings: Finding[] = [
    ...engine,
    inotifyFinding(),
    diskFinding(found.ok && !remote ? found.engine.info.DockerRootDir : null, settings.diskWatermarkBytes),
    memoryFinding(),
    coresFinding(),
    capacity,
    poolFinding(settings),
    ...kernelFindings(remote),
    ...images,
    port,
    chromiumFinding(env),
  ];
  process.stdout.write(args.on('json') ? `${JSON.stringify({ findings }, null, 2)}\n` : asText(findings));
  return findings.some(({ state }) => state === 'problem') ? 1 : 0;
};

const signs = { ok: '✓', warning: '!', problem: '✗', unknown: '?' } as const;

function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ title }) => title.length));
  const lines = findings.flatMap(({ state, title, found, breaks, mend }) => [
    `${signs[state]} ${title.padEnd(width)}  ${found}`,
    ...[breaks, mend && `To mend: ${mend}`].filter((line) => line !== undefined).map((line) => `  ${' '.repeat(width)}  ${line}`),
  ]);
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return `${lines.join('\n')}\n\n${count('ok')} good, ${count('warning')} to note, ${count('problem')} in the way, ${count('unknown')} not seen.\n`;
}
