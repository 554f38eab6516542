import type { Arguments, Flag } from './arguments.ts';

/** What every command gets: where to say things, and a signal that fires at Ctrl-C. */
export interface Context {
  root: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** A command's code; answers the exit code. */
export type Run = (args: Arguments, context: Context) => Promise<number>;

export interface Command {
  summary: string;
  usage: string;
  flags: Readonly<Record<string, Flag>>;
  words: { min: number; max: number; name: string };
  load: () => Promise<{ run: Run }>;
}

const none = { min: 0, max: 0, name: 'nothing' };
const json: Flag = { help: 'Print JSON for a program to read.' };

/** The commands of `./slipway`, in the order the help lists them. */
export const commands: Readonly<Record<string, Command>> = {
  up: {
    summary: 'Set up whatever is missing and serve the course (npm start)',
    usage: 'up [--port N] [--host NAME] [--no-engine] [--yes]',
    flags: {
      port: { value: 'N', help: 'Serve on this port (default 4321; 0 takes a free one).' },
      host: { value: 'NAME', help: 'Loopback name to listen on: localhost, 127.0.0.1 or ::1.' },
      'no-engine': { help: 'Serve the lessons alone; labs say why they cannot start.' },
      yes: { help: 'Do not ask before installing a Docker engine.' },
    },
    words: none,
    load: () => import('./up.ts'),
  },
  down: {
    summary: 'Stop the site and remove every container, network and volume of this instance',
    usage: 'down',
    flags: {},
    words: none,
    load: () => import('./down.ts'),
  },
  doctor: {
    summary: 'Check this machine: what was found, what it breaks, how to mend it',
    usage: 'doctor [--json] [--port N]',
    flags: { json, port: { value: 'N', help: 'The port to look at (default 4321).' } },
    words: none,
    load: () => import('./doctor.ts'),
  },
  images: {
    summary: 'List, build or prune the container images',
    usage: 'images list [--json] | build NAME… [--all] | prune',
    flags: { all: { help: 'Build every image, not only those named.' }, json },
    words: { min: 1, max: 20, name: 'one of: list, build, prune' },
    load: () => import('./images.ts'),
  },
  lab: {
    summary: 'Make, try, prove and attack a lab, as its author',
    usage: 'lab test ID…|--all [--quick] [--twice] [--json] | mutate ID… [--json] | new NAME | run ID [--keep]',
    flags: {
      all: { help: 'test, mutate: every lab of the course.' },
      quick: { help: 'test: one right and one wrong answer instead of all.' },
      twice: { help: 'test: all of it a second time, with the same verdicts.' },
      keep: { help: 'run: leave the lab standing at Ctrl-C; the next run finds it.' },
      json,
    },
    words: { min: 1, max: 21, name: 'what to do and the lab: lab test 04-state-inside' },
    load: () => import('./lab/index.ts'),
  },
  kubeconfig: {
    summary: 'Print a kubeconfig for a lab that runs: your own terminal and tools instead of the page’s',
    usage: 'kubeconfig LAB [--cluster NAME]',
    flags: { cluster: { value: 'NAME', help: 'Only this cluster of a lab with several.' } },
    words: { min: 1, max: 1, name: 'the lab: kubeconfig 04-state-inside' },
    load: () => import('./kubeconfig.ts'),
  },
  regrade: {
    summary: 'Judge every stored attempt of a lab again with its grader as it is, and show what would change',
    usage: 'regrade LAB [--write] [--json]',
    flags: { write: { help: 'Keep the new verdicts beside the old ones.' }, json },
    words: { min: 1, max: 1, name: 'the lab: regrade 04-state-inside' },
    load: () => import('./regrade.ts'),
  },
  test: {
    summary: 'Run the checks (npm test)',
    usage: 'test [--static | --full | --only STAGE]',
    flags: {
      static: { help: 'Only what needs no engine and no browser.' },
      full: { help: 'Every right and wrong answer of every lab as well.' },
      only: { value: 'STAGE', help: 'One stage, by its name as the run prints it.' },
      yes: { help: 'Do not ask before installing a Docker engine or Chromium.' },
    },
    words: none,
    load: () => import('./test/run.ts'),
  },
  bench: {
    summary: 'Measure on this machine, each thing beside what one would use instead, and say whether its bar holds',
    usage:
      'bench start | warm | reset | many | idle | grade | tick | shell | page | api | soak | all [--pairs N] [--json] | start --trace FILE',
    flags: {
      pairs: { value: 'N', help: 'Measure ours and the peer N times in turn.' },
      minutes: { value: 'N', help: 'idle (10), soak (30): how long.' },
      most: { value: 'N', help: 'many (10): starts at once; soak (4): users.' },
      density: { value: 'N', help: 'many (20): stop at so many that stand at once.' },
      trace: { value: 'FILE', help: 'With `start`: write a timeline of each way of starting, which Perfetto opens.' },
      json,
    },
    words: { min: 1, max: 1, name: 'one of: start, warm, reset, many, idle, grade, tick, shell, page, api, soak, all' },
    load: () => import('./bench/index.ts'),
  },
  dev: {
    summary: 'Serve with reload on every change, for authors',
    usage: 'dev [--port N] [--no-engine]',
    flags: { port: { value: 'N', help: 'Serve on this port (default 4321).' }, 'no-engine': { help: 'Lessons alone.' } },
    words: none,
    load: () => import('./dev.ts'),
  },
};
