import { kindProvider } from '#cluster/kind/provider.ts';
import type { Context } from '#runtime/context.ts';
import { keepReconciled, reconcile } from '#runtime/reconcile.ts';
import type { LabSession, Person, Store } from '#store/port.ts';
import { type Workbench, type WorkbenchOptions, workbench } from '../adapters/runtime/context.ts';
import { type FakeCaptures, fakeCaptures } from '../adapters/runtime/fake-captures.ts';
import type { FakeEngine } from '../fakes/engine/engine.ts';
import { gatedStore, type StoreGate } from './gated-store.ts';

export const lab = '04-state-inside';

/** An installation whose server can die at any moment, with containers and rows that outlive it. */
export interface Installation {
  readonly context: Context;
  readonly learner: Person;
  readonly engine: FakeEngine;
  readonly gate: StoreGate;
  /** What is written, whatever goes wrong on the server's way to it. */
  readonly rows: Store;
  /** The server dies at once, as by `kill -9`: what it was doing has no further effect. */
  kill(): void;
  /** The next server, once the one before is gone; it compares rows with containers. `events`: it also follows the engine. */
  boot(options?: { events: boolean }): Promise<void>;
  /** Waits until no work is under way; `withLine`: and no lab waits to be begun. */
  rest(options?: { withLine: boolean }): Promise<void>;
  /** Waits until no work is under way, then compares rows with containers as every minute does, until there is nothing to mend. */
  settle(): Promise<void>;
  session(): Promise<LabSession | null>;
  close(): Promise<void>;
}

export interface InstallationOptions extends Omit<WorkbenchOptions, 'connect'> {
  /** Milliseconds that calls of the engine may take: those that hang are waited for. */
  patience?: number;
}

export async function installation({ patience = 30_000, ...options }: InstallationOptions = {}): Promise<Installation> {
  let servers = 0;
  let gate: StoreGate | undefined;
  let rows: Store | undefined;
  let caller = '';
  let follow = new AbortController();
  let following: Promise<void> = Promise.resolve();
  const kept: FakeCaptures['kept'] = new Map();
  const bench: Workbench = await workbench({
    ...options,
    connect({ data, lab: { engine }, store }) {
      rows = store;
      servers += 1;
      caller = `server-${servers}`;
      gate = gatedStore(data, () => new Date());
      const provider = kindProvider({
        docker: engine.docker(caller),
        nodeImage: async () => 'node:1',
        gatewayImage: async () => 'gateway:1',
        patience,
      });
      const { captures: _, ...plain } = provider;
      if (!options.captures) return { store: gate.store, provider: plain };
      return { store: gate.store, provider: { ...provider, captures: Object.assign(fakeCaptures(provider), { kept }) } };
    },
  });
  const { engine } = bench.lab;
  if (gate === undefined || rows === undefined) throw new Error('no server was started');
  const written: Store = rows;
  const current = (): StoreGate => gate as StoreGate;
  const seen = new Set<string>();

  async function isResting(isLineOpen: boolean): Promise<boolean> {
    const { jobs, admission } = bench.context;
    const sessions = await written.sessions.list({});
    if (isLineOpen && sessions.some(({ id }) => admission.place(id) !== null)) return false;
    for (const { id } of sessions) seen.add(id);
    for (const { id } of await written.instances.list()) for (const name of [`instance ${id}`, `spare ${id}`]) seen.add(name);
    return [...seen].every((name) => !jobs.isBusy(name));
  }

  const turn = () => new Promise((resolve) => setTimeout(resolve, 2));

  const self: Installation = {
    get context() {
      return bench.context;
    },
    get gate() {
      return current();
    },
    rows: written,
    learner: bench.learner,
    engine,
    kill() {
      engine.cutOff(caller);
      follow.abort(new Error('the server has died'));
      void current().shut();
    },
    async boot({ events } = { events: false }) {
      self.kill();
      await current().shut();
      await following;
      await bench.reboot();
      await engine.idle();
      follow = new AbortController();
      if (events) following = keepReconciled(bench.context, follow.signal);
      else await reconcile(bench.context, AbortSignal.timeout(20_000));
    },
    async rest({ withLine } = { withLine: false }) {
      const until = performance.now() + 60_000;
      for (let quiet = 0; quiet < 3; await turn()) {
        quiet = (await isResting(withLine)) ? quiet + 1 : 0;
        if (performance.now() > until) throw new Error('work on labs does not come to an end');
      }
    },
    async settle() {
      let before = '';
      for (let round = 0; round < 10; round += 1) {
        await self.rest({ withLine: true });
        const now = JSON.stringify([await written.sessions.list({}), await written.instances.list(), engine.everything()]);
        if (now === before) return;
        before = now;
        await reconcile(bench.context, AbortSignal.timeout(20_000));
      }
      throw new Error('rows and containers do not come to agree');
    },
    session: async () => (await written.sessions.list({ person: bench.learner.id, lab }))[0] ?? null,
    async close() {
      follow.abort(new Error('the test is over'));
      await following;
      await current().shut();
      await bench.close();
    },
  };
  return self;
}
