import { ClusterError, type ClusterErrorCode } from '../port.ts';

/** Known troubles of hosts, by what they print. The first that matches is the likely cause. */
const causes: readonly (readonly [pattern: RegExp, code: ClusterErrorCode | null, advice: string])[] = [
  [
    /no space left on device|disk quota exceeded/i,
    'no-space',
    'The disk is full. Free some space (`./slipway images prune`), then try again.',
  ],
  [
    /too many open files|Failed to create (inotify object|control group inotify)/i,
    null,
    'The host allows too few inotify instances: `sysctl -w fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288`.',
  ],
  [/port is already allocated|address already in use/i, 'port', 'Another program took the port in between. Try again.'],
  [
    /non-overlapping IPv4 address pool|all predefined address pools|Pool overlaps/i,
    'no-address',
    'No address range is left for another network. End a lab, or remove networks that nobody uses (`docker network prune`).',
  ],
  [/No such image|manifest unknown|pull access denied/i, 'no-image', 'Make the images with `./slipway images build`.'],
  [
    /configured to not run on a host using cgroup v1/i,
    null,
    'The kubelet refuses cgroup v1. Boot the host with cgroup v2, or use a node image that accepts failCgroupV1: false.',
  ],
  [/cgroup\.procs to be empty/i, null, 'Something ran in the node before systemd had set up its control groups. Try again.'],
  [
    /Cgroup subsystem not mounted|cgroup-root .* doesn't exist|controller needs to be delegated/i,
    null,
    'A control group controller is missing on the host: cpu, memory and pids must be enabled and delegated.',
  ],
  [/alternative telinit implementation/i, null, 'The engine adds its own init to containers. Remove `"init": true` from its daemon.json.'],
  [
    /could not find device with major|failed to get rootfs info/i,
    null,
    "The kubelet cannot see the engine's disk (btrfs, ZFS, XFS or LUKS). Move the engine's data to ext4.",
  ],
  [
    /failed to mount overlay|overlayfs: invalid argument/i,
    null,
    "The engine's data lies on a file system that overlayfs cannot use. Put it on a plain disk.",
  ],
  [
    /can't initialize iptables table|Table does not exist|RULE_APPEND failed/i,
    null,
    'The kernel lacks the iptables modules that Kubernetes needs: `modprobe ip_tables iptable_nat`.',
  ],
  [
    /unable to apply caps|operation not permitted.*privileged|privileged mode is incompatible/i,
    null,
    'The engine cannot run privileged containers. `./slipway doctor` says which can.',
  ],
  [
    /kubelet is not healthy|The HTTP call equal to .*10248/i,
    null,
    'The kubelet did not start. The host may be short of memory: a cluster needs two cores and 2 GiB free.',
  ],
  [/etcdserver: request timed out|took too long/i, null, 'The disk is very slow. An SSD, or fewer labs at once, will help.'],
  [/cannot allocate memory|Out of memory|OOMKilled/i, null, 'The host ran out of memory. End another lab and try again.'],
  [
    /ImagePullBackOff|ErrImagePull|ErrImageNeverPull/i,
    null,
    'A pod names an image the node does not have. List it under `images` in lab.yaml.',
  ],
];

/** The likely cause of what was printed, or undefined when it is none we know. */
export function adviceFor(text: string): { code: ClusterErrorCode | null; advice: string } | undefined {
  const found = causes.find(([pattern]) => pattern.test(text));
  return found && { code: found[1], advice: found[2] };
}

const unreachable = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'ENOTFOUND', 'EHOSTUNREACH', 'ECONNRESET', 'EPIPE', 'ENOTSOCK']);

/** A rejection of dockerode as this room's error. `what` completes the sentence "could not …". */
export function engineFailure(error: unknown, what: string): ClusterError {
  if (error instanceof ClusterError) return error;
  const { statusCode, json, code } = fields(error);
  const said = (
    typeof json === 'object' && json !== null && 'message' in json
      ? String(json.message)
      : messageOf(error).replace(/^\(HTTP code \d+\) [^-]*- /, '')
  ).trim();
  if (statusCode === undefined) {
    if (typeof code === 'string' && unreachable.has(code)) {
      const advice =
        code === 'EACCES'
          ? 'This user may not use the engine: add it to the docker group, or run as root.'
          : 'Start Docker, then try again. `./slipway doctor` shows what it finds.';
      return new ClusterError('no-engine', 'The Docker engine does not answer.', { output: messageOf(error), advice, cause: error });
    }
    return new ClusterError('engine', `The engine could not ${what}.`, { output: said, cause: error });
  }
  const known = adviceFor(said);
  const fallback: ClusterErrorCode = statusCode === 404 ? 'gone' : 'engine';
  return new ClusterError(known?.code ?? fallback, `The engine could not ${what}.`, { output: said, advice: known?.advice, cause: error });
}

/** The HTTP status the engine answered with, or undefined. Looks through this room's own error. */
export function engineStatus(error: unknown): number | undefined {
  return fields(error instanceof ClusterError ? error.cause : error).statusCode;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The last lines of some output, for a report that a person reads. */
export function tail(output: string, lines = 20): string {
  return output.trimEnd().split(/\r?\n/).slice(-lines).join('\n');
}

/** A command as one could paste it into a shell. */
export function pasteable(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

function fields(error: unknown): { statusCode: number | undefined; json: unknown; code: unknown } {
  if (typeof error !== 'object' || error === null) return { statusCode: undefined, json: undefined, code: undefined };
  const statusCode = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  return { statusCode, json: 'json' in error ? error.json : undefined, code: 'code' in error ? error.code : undefined };
}
