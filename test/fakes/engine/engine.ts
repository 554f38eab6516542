import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import Dockerode from 'dockerode';

/** What a command in a container answers. */
export interface CommandResult {
  code?: number;
  stdout?: string;
  stderr?: string;
}
export type Command = (container: string, argv: string[], stdin: string) => CommandResult | Promise<CommandResult>;

type Labels = Record<string, string>;
interface Container {
  Id: string;
  Name: string;
  State: 'created' | 'running' | 'paused' | 'exited';
  Body: {
    Labels?: Labels;
    Image: string;
    Env?: string[];
    HostConfig?: { PortBindings?: Record<string, unknown>; NetworkMode?: string };
    [key: string]: unknown;
  };
}

/**
 * What goes wrong with one request, counted from the moment the fault is set. `lost` answers nothing and closes, `away` does so from
 * then on. `hangs` does nothing, `mute` does what it is asked: neither answers.
 */
export interface Fault {
  at: number;
  how: 'fails' | 'conflicts' | 'hangs' | 'mute' | 'lost' | 'away';
}

/** A small Docker engine on a unix socket: containers, networks and volumes in memory, commands answered by a function. */
export interface FakeEngine {
  /** A client; those of one caller can be cut off together. */
  docker(caller?: string): Dockerode;
  /** The process of that caller has died: its connections are closed, and nothing that it asks has an effect any more. */
  cutOff(caller: string): void;
  containers: Map<string, Container>;
  networks: Map<string, { Id: string; Name: string; Labels: Labels; IPAM?: { Config?: { Subnet?: string }[] } }>;
  volumes: Map<string, { Name: string; Labels: Labels }>;
  /** Images the engine has; others answer 404. */
  images: Set<string>;
  /** Requests so far, as `POST /containers/create`. */
  calls: string[];
  fault: Fault | null;
  /** Whether the fault has been met. */
  readonly isFaultMet: boolean;
  /** Called as each request comes, before it has an effect. */
  onCall: (() => void) | null;
  command: Command;
  /** Host port that a container's published port has. */
  published: Record<string, number>;
  /** How many of the next containers that publish a port find it taken by another program. */
  portsTaken: number;
  /** Containers whose making takes so many milliseconds. */
  slow: Map<string, number>;
  /** Waits until no request is being worked on. */
  idle(): Promise<void>;
  /** Containers that no kill ends until a helper (`/wait` on another container) has run. */
  frozen: Set<string>;
  /** The container whose next pause or unpause is refused without a cause. */
  liar: string | null;
  /** Tells whoever follows the engine's events, when the labels they ask for are the container's. */
  emit(container: string, action: string): void;
  /** Names of everything that exists. */
  everything(): string[];
  close(): Promise<void>;
}

export async function fakeEngine(): Promise<FakeEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-engine-'));
  const socketPath = join(folder, 'docker.sock');
  const execs = new Map<string, { container: string; argv: string[]; running: boolean; code: number | null }>();
  const followers = new Set<{ wanted: [string, string | undefined][]; response: ServerResponse }>();
  const working = new Set<Promise<unknown>>();
  const hanging = new Set<Socket>();
  const open = new Set<Socket>();
  const dead = new Set<string>();
  const agents = new Map<string, Agent>();
  const callers = new Map<string, Set<Socket>>();
  let sinceFault = 0;
  let fault: Fault | null = null;

  const self: FakeEngine = {
    docker(caller = 'tests') {
      // Connections of its own, as a process has.
      // docker-modem writes out the options of every request in full, debugged or not: of an agent, that is most of a test's time.
      const agent = agents.get(caller) ?? Object.assign(new Agent({ keepAlive: true }), { [inspect.custom]: () => 'agent' });
      agents.set(caller, agent);
      const docker = new Dockerode({ socketPath, headers: { 'x-caller': caller } });
      Object.assign(docker.modem, { agent });
      return docker;
    },
    cutOff(caller) {
      dead.add(caller);
      for (const socket of callers.get(caller) ?? []) socket.destroy();
    },
    onCall: null,
    get isFaultMet() {
      return fault !== null && sinceFault >= fault.at;
    },
    containers: new Map(),
    networks: new Map([['bridge', { Id: 'b', Name: 'bridge', Labels: {}, IPAM: { Config: [{ Subnet: '172.17.0.0/16' }] } }]]),
    volumes: new Map(),
    images: new Set(),
    calls: [],
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
      sinceFault = 0;
    },
    command: () => ({}),
    published: {},
    portsTaken: 0,
    frozen: new Set(),
    liar: null,
    slow: new Map(),
    async idle() {
      while (working.size > 0) await Promise.all(working);
    },
    emit(container, action) {
      const Attributes = self.containers.get(container)?.Body.Labels ?? {};
      const line = `${JSON.stringify({ Type: 'container', Action: action, Actor: { ID: container, Attributes }, timeNano: 1.7e18 })}\n`;
      for (const follower of followers)
        if (follower.wanted.every(([key, value]) => Attributes[key] === value)) follower.response.write(line);
    },
    everything: () =>
      [...self.containers.keys(), ...[...self.networks.keys()].filter((name) => name !== 'bridge'), ...self.volumes.keys()].sort(),
    async close() {
      for (const agent of agents.values()) agent.destroy();
      for (const socket of [...hanging, ...open]) socket.destroy();
      await new Promise((done) => server.close(done));
      await rm(folder, { recursive: true, force: true });
    },
  };

  /** Whether this request is the one that goes wrong; if so, it has been dealt with, unless it is to be done without an answer. */
  function goesWrong(request: IncomingMessage, socket: Socket, response?: ServerResponse): boolean {
    const caller = String(request.headers['x-caller']);
    self.onCall?.();
    if (dead.has(caller)) {
      socket.destroy();
      return true;
    }
    callers.set(caller, (callers.get(caller) ?? new Set()).add(socket));
    self.calls.push(`${request.method} ${new URL(request.url ?? '/', 'http://engine').pathname}`);
    sinceFault += 1;
    if (!fault || (fault.how === 'away' ? sinceFault < fault.at : sinceFault !== fault.at)) return false;
    if (fault.how === 'mute' && response !== undefined) {
      hanging.add(socket);
      Object.assign(response, { writeHead: () => response, end: () => response });
      return false;
    }
    if (fault.how === 'hangs' || fault.how === 'mute') hanging.add(socket);
    else if (fault.how === 'lost' || fault.how === 'away') socket.destroy();
    else if (fault.how === 'conflicts') socket.end(http(409, { message: 'the fake engine is in the middle of something else' }));
    else socket.end(http(500, { message: 'the fake engine fails here' }));
    return true;
  }

  const server = createServer((request, response) => {
    if (goesWrong(request, request.socket, response)) return;
    const work = (async () => {
      const data = await body(request);
      const delay = request.url?.startsWith('/containers/create')
        ? self.slow.get(new URL(request.url, 'http://engine').searchParams.get('name') ?? '')
        : 0;
      if (delay) await pause(delay);
      route(request, response, data);
    })().catch((error: Error) => answer(response, 500, { message: error.message }));
    working.add(work);
    void work.then(() => working.delete(work));
  });
  // As the real one, it hangs up on nobody who is only silent.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => open.delete(socket));
  });
  server.on('upgrade', (request, socket: Socket, head) => {
    if (goesWrong(request, socket)) return;
    const exec = execs.get(/\/exec\/(\w+)\/start/.exec(request.url ?? '')?.[1] ?? '');
    if (!exec) {
      socket.end(http(404, { message: 'No such exec instance' }));
      return;
    }
    socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    let input: Buffer = head;
    const options = Number(request.headers['content-length'] ?? 0);
    socket.on('data', (chunk) => {
      input = Buffer.concat([input, chunk]);
    });
    socket.on('end', async () => {
      const result = await self.command(exec.container, exec.argv, input.subarray(options).toString());
      if (result.stdout) socket.write(frame(1, result.stdout));
      if (result.stderr) socket.write(frame(2, result.stderr));
      exec.code = result.code ?? 0;
      exec.running = false;
      socket.end();
    });
  });

  function route(request: IncomingMessage, response: ServerResponse, data: Buffer): ServerResponse {
    const url = new URL(request.url ?? '/', 'http://engine');
    const [, kind = '', id = '', verb = ''] = url.pathname.split('/');
    const json = () => JSON.parse(data.toString() || '{}');
    const wanted = labelsOf(url);
    const has = (labels: Labels | undefined) =>
      wanted.every(([key, value]) => (value === undefined ? labels?.[key] !== undefined : labels?.[key] === value));
    const container = () => self.containers.get(id) ?? [...self.containers.values()].find((each) => each.Id === id);

    if (kind === 'info') {
      return answer(response, 200, {
        ServerVersion: '0.0',
        Driver: 'overlay2',
        DriverStatus: [['Backing Filesystem', 'extfs']],
        DockerRootDir: '/nowhere',
        CgroupVersion: '2',
        SecurityOptions: [],
        NCPU: 2,
        MemTotal: 1e10,
      });
    }
    if (kind === 'events') {
      const follower = { wanted, response };
      followers.add(follower);
      response.on('close', () => followers.delete(follower));
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return response;
    }
    if (kind === 'version') return answer(response, 200, { Version: '0.0', ApiVersion: '1.45' });
    if (kind === 'networks' && id === 'create') {
      const { Name, Labels, IPAM } = json();
      if (self.networks.has(Name)) return answer(response, 409, { message: `network with name ${Name} already exists` });
      const overlaps = [...self.networks.values()].some((each) => each.IPAM?.Config?.[0]?.Subnet === IPAM.Config[0].Subnet);
      if (overlaps) return answer(response, 403, { message: 'Pool overlaps with other one on this address space' });
      self.networks.set(Name, { Id: Name, Name, Labels, IPAM });
      return answer(response, 201, { Id: Name });
    }
    if (kind === 'networks' && request.method === 'DELETE')
      return answer(response, self.networks.delete(id) ? 204 : 404, { message: 'no such network' });
    if (kind === 'networks')
      return answer(
        response,
        200,
        [...self.networks.values()].filter((each) => has(each.Labels)),
      );
    if (kind === 'volumes' && id === 'create') {
      const { Name, Labels } = json();
      if (!self.volumes.has(Name)) self.volumes.set(Name, { Name, Labels });
      return answer(response, 201, self.volumes.get(Name));
    }
    if (kind === 'volumes' && request.method === 'DELETE')
      return answer(response, self.volumes.delete(id) ? 204 : 404, { message: 'no such volume' });
    if (kind === 'volumes')
      return answer(response, 200, { Volumes: [...self.volumes.values()].filter((each) => has(each.Labels)), Warnings: [] });
    const image = /^\/images\/(.+)\/get$/.exec(decodeURIComponent(url.pathname))?.[1];
    if (image) return self.images.has(image) ? response.end('a tar') : answer(response, 404, { message: `No such image: ${image}` });
    if (kind === 'exec') {
      const exec = execs.get(id);
      return exec
        ? answer(response, 200, { ID: id, Running: exec.running, ExitCode: exec.code })
        : answer(response, 404, { message: 'no such exec' });
    }
    if (kind === 'containers' && id === 'create') {
      const Name = url.searchParams.get('name') ?? '';
      const Body = json();
      if (self.containers.has(Name)) return answer(response, 409, { message: `Conflict. The container name "/${Name}" is already in use` });
      if (!self.images.has(Body.Image)) return answer(response, 404, { message: `No such image: ${Body.Image}` });
      const Id = randomBytes(8).toString('hex');
      self.containers.set(Name, { Id, Name, State: 'created', Body });
      return answer(response, 201, { Id, Warnings: [] });
    }
    if (kind === 'containers' && id === 'json') {
      const list = [...self.containers.values()].filter((each) => has(each.Body.Labels));
      return answer(
        response,
        200,
        list.map((each) => ({
          Id: each.Id,
          Names: [`/${each.Name}`],
          State: each.State,
          Labels: each.Body.Labels ?? {},
          Image: each.Body.Image,
          ImageID: each.Body.Image,
        })),
      );
    }
    const one = kind === 'containers' ? container() : undefined;
    if (!one) return answer(response, 404, { message: `No such ${kind}: ${id}` });
    if (request.method === 'DELETE') {
      if (self.frozen.has(one.Name))
        return answer(response, 500, { message: 'tried to kill container, but did not receive an exit event' });
      if (one.State === 'running' || one.State === 'paused') self.emit(one.Name, 'die');
      self.emit(one.Name, 'destroy');
      self.containers.delete(one.Name);
      return answer(response, 204, {});
    }
    if (verb === 'wait') {
      self.frozen.clear();
      return answer(response, 200, { StatusCode: 0 });
    }
    if (verb === 'start') {
      if (self.portsTaken > 0 && Object.keys(one.Body.HostConfig?.PortBindings ?? {}).length > 0) {
        self.portsTaken -= 1;
        return answer(response, 500, {
          message: 'driver failed programming external connectivity: Bind for 127.0.0.1:32768 failed: port is already allocated',
        });
      }
      const before = one.State;
      one.State = 'running';
      if (before !== 'running') self.emit(one.Name, 'start');
      return answer(response, before === 'running' ? 304 : 204, {});
    }
    if (verb === 'pause' || verb === 'unpause') {
      const [from, to] = verb === 'pause' ? (['running', 'paused'] as const) : (['paused', 'running'] as const);
      if (self.liar === one.Name) {
        self.liar = null;
        return answer(response, 500, { message: `Container ${one.Id} is not paused` });
      }
      if (one.State !== from) return answer(response, 409, { message: `Container ${one.Id} is ${one.State}` });
      one.State = to;
      self.emit(one.Name, verb);
      return answer(response, 204, {});
    }
    if (verb === 'json') return answer(response, 200, inspected(one, self.published));
    if (verb === 'logs') return response.end('Reached target multi-user.target - Multi-User System.\r\n');
    if (verb === 'archive') return response.end('');
    if (verb === 'exec') {
      if (one.State !== 'running') return answer(response, 409, { message: `container ${one.Id} is not running` });
      const Id = randomBytes(8).toString('hex');
      execs.set(Id, { container: one.Name, argv: json().Cmd, running: true, code: null });
      return answer(response, 201, { Id });
    }
    return answer(response, 404, { message: 'page not found' });
  }

  await new Promise<void>((done) => server.listen(socketPath, done));
  return self;
}

function inspected(one: Container, published: Record<string, number>): object {
  const ports = Object.keys(one.Body.HostConfig?.PortBindings ?? {});
  return {
    Id: one.Id,
    State: { Status: one.State, Running: ['running', 'paused'].includes(one.State), Paused: one.State === 'paused', ExitCode: 0 },
    Config: { Labels: one.Body.Labels ?? {}, Env: one.Body.Env ?? [] },
    NetworkSettings: {
      Networks: { [one.Body.HostConfig?.NetworkMode ?? '']: { IPAddress: '10.201.0.2' } },
      Ports: Object.fromEntries(ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: String(published[port] ?? '') }]])),
    },
  };
}

/** A label without a value asks only that it is there. */
function labelsOf(url: URL): [string, string | undefined][] {
  const filters: { label?: string[] } = JSON.parse(url.searchParams.get('filters') ?? '{}');
  return (filters.label ?? []).map((each) => {
    const at = each.indexOf('=');
    return at < 0 ? [each, undefined] : [each.slice(0, at), each.slice(at + 1)];
  });
}

async function body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, value: unknown): ServerResponse {
  response.writeHead(status, { 'content-type': 'application/json' });
  return response.end(status === 204 || status === 304 ? undefined : JSON.stringify(value));
}

function http(status: number, value: unknown): string {
  const text = JSON.stringify(value);
  return `HTTP/1.1 ${status} Fake\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`;
}

function frame(stream: 1 | 2, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}
