import { proofStage } from './proof-stage.ts';
import { runPlaywright, runVitest } from './runners.ts';
import type { Stage } from './stage.ts';
import { staticChecks } from './static-checks.ts';

/** The stages in the order they run: what is quick and needs nothing first. */
export const stages: readonly Stage[] = [
  { name: 'static', title: 'types, lint and import rules', tier: 'static', estimate: 45, needs: [], run: staticChecks },
  { name: 'unit', title: 'unit tests', tier: 'static', estimate: 45, needs: [], run: (context) => runVitest(['unit'], [], context) },
  {
    name: 'content',
    title: 'course and labs',
    tier: 'static',
    estimate: 15,
    needs: [],
    run: (context) => runVitest(['content'], [], context),
  },
  {
    name: 'adapters',
    title: 'adapters on fakes and databases',
    tier: 'standard',
    estimate: 240,
    needs: [],
    run: (context) => runVitest(['adapters'], [], context),
  },
  {
    name: 'faults',
    title: 'calls that fail, servers that die, random stories',
    tier: 'standard',
    estimate: 70,
    needs: [],
    run: (context) => runVitest(['faults', 'model'], [], context),
  },
  {
    name: 'e2e',
    title: 'the browser story on a real cluster',
    tier: 'standard',
    estimate: 300,
    needs: ['engine', 'site', 'chromium'],
    run: (context) => runPlaywright(context),
  },
  {
    name: 'acceptance',
    title: 'clusters, shells, kills and recovery on the real engine',
    tier: 'standard',
    estimate: 480,
    needs: ['engine', 'site', 'kind'],
    run: (context) => runVitest(['acceptance'], ['--no-file-parallelism'], context),
  },
  {
    name: 'proof',
    title: 'a lab tells right answers from wrong ones',
    tier: 'standard',
    estimate: 170,
    needs: ['engine'],
    run: proofStage,
  },
];
