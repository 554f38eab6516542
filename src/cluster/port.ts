import type { Duplex } from 'node:stream';

/**
 * What the rest of Slipway may ask of whatever runs labs. One adapter exists (`kind/`, over the
 * Docker Engine API); a later one may back the same promises with a Kubernetes cluster.
 *
 * An adapter keeps no state of its own: labs are found by their labels, names are derived from the
 * spec, and every method can be called again after a crash in the middle of it.
 */
export interface ClusterProvider {
  /** Facts about the host that decide whether labs can run. Never throws for a missing engine: says so in `engine`. */
  facts(signal: AbortSignal): Promise<HostFacts>;

  /** What the host has only so much of, and how much of it is used; left out by an adapter that leaves this to its engine. */
  headroom?(signal: AbortSignal): Promise<Headroom>;

  /**
   * Makes everything in `spec` and answers when learner and grader can use it.
   * Steps are reported as they begin and end. On failure or abort removes what it made, then throws `ClusterError`.
   */
  create(spec: LabSpec, report: (event: StepEvent) => void, signal: AbortSignal): Promise<LabAccess>;

  /** The steps `create` will go through for this spec, in order, for a progress display before the first one begins. */
  steps(spec: LabSpec): readonly StepTitle[];

  /** Labs made from captured ones; left out by an adapter that cannot. */
  captures?: Captures;

  /** What the containers of a lab use at the moment: memory that cannot be given back, and processor time since they began. */
  usage(lab: LabRef, signal: AbortSignal): Promise<LabUsage>;

  /** What each lab of the instance holds on the engine's disk; takes seconds. Left out by an adapter that cannot tell. */
  disk?(instance: string, signal: AbortSignal): Promise<readonly { lab: string; bytes: number }[]>;

  /** Credentials and handles of a lab that stands, found by its labels; null when it is not (wholly) there. */
  open(lab: LabRef, signal: AbortSignal): Promise<LabAccess | null>;

  /** Whether a lab is whole, and whether it runs; a look that changes nothing. */
  condition(lab: LabRef, signal: AbortSignal): Promise<LabCondition>;

  /**
   * Freezes everything of a lab: it keeps its memory and uses no processor. Ends what is kept open for probes. Succeeds when it is
   * paused already; throws `gone` when a part of it does not run.
   */
  pause(lab: LabRef, signal: AbortSignal): Promise<void>;

  /**
   * Lets a paused lab go on, and waits until its API servers answer and its nodes take pods; succeeds when it runs already.
   * `missing`: what did not come back in time, in sentences (it may have been broken before). Throws `gone` when a part does not run.
   */
  resume(lab: LabRef, options: ResumeOptions, signal: AbortSignal): Promise<{ missing: readonly string[] }>;

  /** What a program on this host needs to reach the running clusters of a lab as its learner. */
  asLearner(lab: LabRef, signal: AbortSignal): Promise<readonly LearnerAccess[]>;

  /** Every object labelled with this instance, grouped by lab and epoch. */
  find(instance: string, signal: AbortSignal): Promise<readonly FoundLab[]>;

  /** Removes every object of a lab (of one epoch, or of all when `epoch` is absent). Succeeds when there is nothing. */
  remove(lab: { instance: string; lab: string; epoch?: number }, signal: AbortSignal): Promise<void>;

  /** Engine events about this instance's containers, from now on. Ends when the signal fires; throws when the engine goes away. */
  watch(instance: string, signal: AbortSignal): AsyncIterable<ContainerEvent>;

  /**
   * The only way from the server into a lab. What the target itself answers is a `ClusterError` with a code of its own
   * (`refused`, `unreachable`, `unanswered`, `no-name`, `no-pod`); every other code means that we could not try.
   */
  dial(lab: LabRef, target: DialTarget, signal: AbortSignal): Promise<Duplex>;

  /**
   * Looks from inside a lab, in one round trip, with tools the provider brings along. What the target does is a result;
   * throws `ClusterError` only when we could not try: `no-pod` when that pod does not run there (any more), else as `dial`.
   */
  probe<P extends Probe>(lab: LabRef, from: ProbePlace, probe: P, signal: AbortSignal): Promise<ProbeResults[P['op']]>;

  /** Ends what is kept open for probes. Probes may follow all the same; what is open never keeps the process from ending. */
  close?(): void;

  /** Writes the grader's role again from what the API server serves at the moment: after a 403, or when a CRD or APIService came. */
  repairGraderRole(lab: LabRef, cluster: string, signal: AbortSignal): Promise<void>;

  /** Writes the prober's role again: what the lab declares. */
  repairProberRole(lab: LabRef, cluster: string, rules: readonly PolicyRule[], signal: AbortSignal): Promise<void>;

  /** Runs a command without a terminal in the lab's toolbox or in a node and waits for its end. */
  exec(lab: LabRef, where: ExecPlace, argv: readonly string[], options: ExecOptions): Promise<ExecResult>;

  /** Starts a long-lived command in the toolbox, without a terminal; `stream` carries its stdin and stdout as raw bytes. */
  attach(lab: LabRef, argv: readonly string[], signal: AbortSignal): Promise<Attached>;
}

/** A lab's beginning, kept in the engine, from which others are made. */
export interface Captures {
  /** Those that are whole. */
  list(instance: string, signal: AbortSignal): Promise<readonly Capture[]>;

  /** Why labs of this spec cannot be made from a capture, in a sentence; null when they can. */
  unfit(spec: LabSpec): string | null;

  /**
   * Keeps the lab that `create` has just made from `spec`, in which nobody has worked, as the beginning of later ones. It is used up:
   * whatever the outcome, nothing of the lab is left, and after a failure nothing of the capture.
   */
  take(spec: LabSpec, key: string, signal: AbortSignal): Promise<Capture>;

  /** The steps of `restore`, as `steps` has those of `create`. */
  steps(spec: LabSpec): readonly StepTitle[];

  /**
   * As `create`, from a capture that was taken of the same spec under another LabRef. The cluster's certificates, keys and
   * tokens are its own. Throws `no-capture` when it is not there or not whole.
   */
  restore(key: string, spec: LabSpec, report: (event: StepEvent) => void, signal: AbortSignal): Promise<LabAccess>;

  /** Removes everything of a capture. Succeeds when there is nothing. */
  remove(instance: string, key: string, signal: AbortSignal): Promise<void>;
}

export interface Capture {
  key: string;
  /** What it takes on the engine's disk, without what it shares with others. */
  bytes: number;
  createdAt: string;
}

export interface LabUsage {
  memoryBytes: number;
  cpuMilliseconds: number;
}

export interface LabRef {
  instance: string;
  /** Id of the lab-instance row. */
  lab: string;
  epoch: number;
}

export interface LabSpec extends LabRef {
  clusters: readonly ClusterSpec[];
  containers: readonly OutsideContainerSpec[];
  toolbox: ToolboxSpec;
  /** Images of the engine that every node must have before set-up, e.g. `harbour/api:1.0`. */
  images: readonly string[];
  /** Rules the lab grants to the prober, as RBAC PolicyRules, cluster-wide. */
  proberRules: readonly PolicyRule[];
}

export interface ClusterSpec {
  /** `main` for a lab with one cluster. Also the name of its kubeconfig context when there are several. */
  name: string;
  /** One control plane and 0 to 2 workers. Host names are constant: `control-plane`, `worker`, `worker2`; `NAME-…` with several clusters. */
  nodes: readonly { role: 'control-plane' | 'worker' }[];
  podSubnet: string;
  serviceSubnet: string;
  /** Merge patches on kubeadm's documents, matched by kind. */
  kubeadmPatches: readonly Record<string, unknown>[];
  /** YAML applied in this order by the admin before the learner arrives, and waited for. */
  setup: readonly { name: string; yaml: string }[];
}

export interface OutsideContainerSpec {
  /** Host name on the lab's network. */
  name: string;
  image: string;
  env: Readonly<Record<string, string>>;
  command?: readonly string[];
  memoryBytes?: number;
}

export interface ToolboxSpec {
  image: string;
  memoryBytes: number;
  cpus: number;
  pids: number;
}

export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

export interface LabAccess {
  ref: LabRef;
  clusters: readonly ClusterAccess[];
  /** Node container names by cluster, for diagnosis. */
  nodes: readonly { cluster: string; hostname: string; container: string; role: 'control-plane' | 'worker' }[];
}

/** Credentials of one cluster. `learner` goes into the toolbox; the others never leave the server. */
export interface ClusterAccess {
  name: string;
  kubernetesVersion: string;
  admin: ClientCredentials;
  grader: ClientCredentials;
  prober: ClientCredentials;
}

export interface LearnerAccess {
  cluster: string;
  /** The API server on this host's loopback; its certificate is good for the name `kubernetes`. */
  server: string;
  credentials: ClientCredentials;
}

export interface ClientCredentials {
  /** PEM. */
  ca: string;
  cert: string;
  key: string;
}

/** `connectWithin`: milliseconds the target has to accept before it counts as `unanswered`. Default 2000. */
export type DialTarget =
  /** The API server of a cluster, by its published loopback port. Plain TCP: the caller speaks TLS. */
  | { kind: 'api'; cluster: string }
  /** A host on the lab's network, through the gateway. */
  | { kind: 'network'; host: string; port: number; connectWithin?: number };

export type ProbePlace =
  /** On the lab's network, outside every cluster. */
  | { kind: 'network' }
  /** In a node's own network namespace. */
  | { kind: 'node'; cluster: string; hostname: string }
  /** In a pod's network namespace, with its resolv.conf and hosts file; for files, as its container sees them. `node` and `uid` as its object says. */
  | { kind: 'pod'; cluster: string; node: string; uid: string };

export type ProbeProblem = 'refused' | 'unreachable' | 'no-name' | 'timeout' | 'broken';

/** Times in milliseconds, for the whole exchange: at most 6000, and as much for a series (`times`) in all; what it did not reach timed out. */
export type Probe =
  | {
      op: 'http';
      url: string;
      /** Host header and TLS server name, when not the URL's. */
      host: string | null;
      headers: Readonly<Record<string, string>>;
      cookies: boolean;
      redirects: number;
      /** PEM of the only authority that is trusted; null takes any certificate. */
      ca: string | null;
      times: number;
      /** Response headers to answer. */
      keep: readonly string[];
      maxBytes: number;
      timeout: number;
    }
  | { op: 'tcp'; host: string; port: number; send: string; read: number; until: string | null; timeout: number }
  | { op: 'dns'; name: string; type: 'A' | 'CNAME' | 'SRV'; timeout: number }
  /** `container` is the runtime's id of a running container of the pod (from its status, without `containerd://`). Symlinks are followed inside its root only. */
  | { op: 'files'; container: string; paths: readonly string[]; maxBytes: number }
  | { op: 'environ'; container: string; names: readonly string[] };

export interface ProbeResults {
  http: readonly {
    status: number | null;
    problem: ProbeProblem | null;
    headers: Readonly<Record<string, string>>;
    /** Its beginning, with problem `broken`, when it exceeds `maxBytes`. */
    body: Uint8Array;
  }[];
  tcp: { problem: ProbeProblem | null; received: Uint8Array };
  dns: { problem: ProbeProblem | null; records: readonly { target: string; port: number | null }[] };
  files: Readonly<
    Record<string, { problem: 'absent' | 'not-a-file' | 'refused' | 'too-large' | null; bytes: Uint8Array | null; size: number | null }>
  >;
  environ: Readonly<Record<string, Uint8Array>>;
}

export type ExecPlace = { kind: 'toolbox' } | { kind: 'node'; cluster: string; hostname: string };

export interface ExecOptions {
  stdin?: string | Uint8Array;
  /** Root in the toolbox; ignored on nodes. */
  asRoot?: boolean;
  env?: Readonly<Record<string, string>>;
  /** Output beyond this many bytes a stream is cut. Default 1 MiB. */
  maxBytes?: number;
  signal: AbortSignal;
}

export interface ExecResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Attached {
  stream: Duplex;
  /** Settles when the command ended; rejects when the engine was lost. */
  ended: Promise<{ code: number | null; stderr: string }>;
}

export interface StepTitle {
  id: string;
  title: string;
}

export type StepEvent =
  | { id: string; state: 'begin'; title: string }
  | { id: string; state: 'detail'; detail: string }
  | { id: string; state: 'end'; milliseconds: number };

export interface ResumeOptions {
  /** Milliseconds; how long it was paused, as far as one knows. */
  pausedFor: number;
  /** Told what is waited for. */
  report: (detail: string) => void;
  /** Spares reading them from the lab, where the caller has them. */
  access?: LabAccess | undefined;
}

/** `mixed`: whole, and a part of it is paused. `gone`: a part is missing or stopped. */
export type LabCondition = 'running' | 'paused' | 'mixed' | 'gone';

export interface FoundLab {
  lab: string;
  epoch: number;
  containers: readonly { id: string; name: string; part: string; state: 'created' | 'running' | 'paused' | 'exited' | 'dead' }[];
  networks: readonly string[];
  volumes: readonly string[];
}

export interface ContainerEvent {
  lab: string;
  epoch: number;
  part: string;
  action: 'start' | 'die' | 'oom' | 'destroy' | 'pause' | 'unpause';
  at: Date;
}

export interface HostFacts {
  engine:
    | { ok: true; version: string; apiVersion: string; cgroup: '1' | '2'; rootDir: string; storage: string }
    | { ok: false; reason: string };
  cores: number;
  memoryBytes: number;
  /** Free bytes on the engine's disk; null when it cannot be seen from here (a remote engine). */
  diskFreeBytes: number | null;
}

/** Null: cannot be seen from here, as with a remote engine. */
export interface Headroom {
  /** Memory that programs could still take. */
  memoryBytes: number | null;
  limits: Readonly<Record<HostLimit, Limited | null>>;
}

/** `networks`: ranges for labs' networks. `inotify…`: what one user may have of them. `pids`: processes and threads. `ports`: those given out. */
export const hostLimits = ['networks', 'inotifyInstances', 'inotifyWatches', 'pids', 'ports'] as const;
export type HostLimit = (typeof hostLimits)[number];

/** `used` is null when only the limit can be seen. */
export interface Limited {
  most: number;
  used: number | null;
}

export type ClusterErrorCode =
  | 'no-engine'
  | 'no-image'
  | 'no-space'
  | 'no-address'
  | 'port'
  | 'step-failed'
  | 'deadline'
  | 'aborted'
  /** The lab, or the part of it that was asked for, is not there. */
  | 'gone'
  /** `restore`: there is no whole capture of that key. */
  | 'no-capture'
  | 'engine'
  /** The Kubernetes API server failed, or answered something that is not JSON. */
  | 'api'
  /** An answer exceeded the size that was asked for. */
  | 'too-large'
  /** `dial`: the target's host is up and closed the port. */
  | 'refused'
  /** `dial`: no route to the target. */
  | 'unreachable'
  /** `dial`: the attempt was seen to start and nothing answered in time. */
  | 'unanswered'
  /** `dial`: the name does not resolve from there. */
  | 'no-name'
  /** `probe`: no such pod runs there. */
  | 'no-pod';

/** A failure while making or reaching a lab. `message` is one sentence a learner may read. */
export class ClusterError extends Error {
  override name = 'ClusterError';
  readonly code: ClusterErrorCode;
  /** The step it happened in. */
  readonly step: string | undefined;
  /** The command as one could paste it, where one failed. */
  readonly command: string | undefined;
  /** The tail of its output. */
  readonly output: string | undefined;
  /** What probably caused it and how to mend it. */
  readonly advice: string | undefined;

  constructor(
    code: ClusterError['code'],
    message: string,
    more: {
      step?: string | undefined;
      command?: string | undefined;
      output?: string | undefined;
      advice?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.step = more.step;
    this.command = more.command;
    this.output = more.output;
    this.advice = more.advice;
  }
}
