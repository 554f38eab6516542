import { type Captures, ClusterError, type ClusterProvider, type LabSpec } from '#cluster/port.ts';

/** Captures that are kept in memory: a lab is used up as a real one is, and made from nothing under another name of its steps. */
export interface FakeCaptures extends Captures {
  kept: Map<string, { bytes: number; createdAt: string }>;
  /** What the next `take` or `restore` meets. */
  fault: ClusterError | null;
  /** Keys from which labs were made. */
  restored: string[];
  unfitBecause: string | null;
}

export function fakeCaptures(provider: ClusterProvider): FakeCaptures {
  const bound = (spec: LabSpec) => provider.steps(spec);
  const meet = () => {
    const { fault } = self;
    self.fault = null;
    if (fault) throw fault;
  };
  const self: FakeCaptures = {
    kept: new Map(),
    fault: null,
    restored: [],
    unfitBecause: null,
    list: async () => [...self.kept].map(([key, capture]) => ({ key, ...capture })),
    unfit: () => self.unfitBecause,
    steps: bound,
    async take(spec, key, signal) {
      await provider.remove({ instance: spec.instance, lab: spec.lab }, signal);
      meet();
      const capture = { bytes: 1_500_000_000, createdAt: new Date().toISOString() };
      self.kept.set(key, capture);
      return { key, ...capture };
    },
    async restore(key, spec, report, signal) {
      meet();
      if (!self.kept.has(key)) throw new ClusterError('no-capture', `There is no capture ${key}.`);
      self.restored.push(key);
      return await provider.create(spec, report, signal);
    },
    async remove(_instance, key) {
      self.kept.delete(key);
    },
  };
  return self;
}
