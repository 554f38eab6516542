import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Dockerode from 'dockerode';
import { findOwned, removeOwned } from '#cli/engine/owned.ts';
import { progressOn } from '#cli/progress.ts';
import { readySite } from '#cli/site/build.ts';
import { openStore } from '#store/open.ts';
import { type Site, site } from '../../test/acceptance/site.ts';
import type { BenchOptions } from '../bench-lab.ts';
import { type Learner, learner } from './learner.ts';

/** The lab that is nothing but a cluster of one node. */
export const bare = '00-bare';

/** A built server of its own, without limits on what one person may ask for, and learners for it. */
export interface BenchSite {
  here: Site;
  /** People with a cookie each. */
  learners(count: number): Promise<Learner[]>;
  /** A figure of `/metrics` by its whole name with labels; 0 when it is not told. */
  figure(name: string): Promise<number>;
  /** Waits until a figure is at least so much. */
  reaches(name: string, value: number, seconds: number): Promise<void>;
  /** Ends the server and removes all that it made. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface BenchSiteOptions {
  /** The folder of the course; `bench/bare` by default. */
  course?: string;
  /** Memory for labs made ahead; none by default. */
  poolMiB?: number;
  /** How many captures are kept; none by default. */
  captures?: number;
  env?: Readonly<Record<string, string>>;
}

export async function benchSite({ root, signal }: BenchOptions, options: BenchSiteOptions = {}): Promise<BenchSite> {
  await readySite({ root, course: root, data: join(root, '.slipway'), progress: progressOn(process.stderr), signal });
  const here = await site({
    SLIPWAY_COURSE: options.course ?? join(root, 'bench', 'bare'),
    SLIPWAY_POOL_MIB: String(options.poolMiB ?? 0),
    SLIPWAY_CAPTURES: String(options.captures ?? 0),
    SLIPWAY_LABS_PER_PERSON: '1000',
    SLIPWAY_STARTS_PER_PERSON: '10000',
    SLIPWAY_LOG: 'warn',
    ...options.env,
  });
  const self: BenchSite = {
    here,
    async learners(count) {
      const store = await openStore({ folder: here.data, asItIs: true });
      try {
        const made: Learner[] = [];
        for (let number = 1; number <= count; number += 1) {
          const person = await store.people.create({ name: `Learner ${number}`, roles: ['learner'] });
          const { token } = await store.people.openSession(person.id, new Date(Date.now() + 86_400_000).toISOString());
          made.push(learner(here, `slipway=${token}`));
        }
        return made;
      } finally {
        await store.close();
      }
    },
    async figure(name) {
      const text = await (await fetch(`${here.origin}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.slice(name.length + 1) ?? 0);
    },
    async reaches(name, value, seconds) {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
      while ((await self.figure(name)) < value) {
        if (deadline.aborted) throw new Error(`${name} was not ${value} within ${seconds} s: ${here.output().slice(-2000)}`);
        await pause(500);
      }
    },
    async [Symbol.asyncDispose]() {
      try {
        await here.kill('SIGTERM');
        const limit = AbortSignal.timeout(300_000);
        const docker = new Dockerode();
        await removeOwned(docker, await findOwned(docker, (instance) => instance === here.instance, limit), limit, () => undefined);
      } finally {
        await here.close();
      }
    },
  };
  try {
    await here.start();
  } catch (error) {
    await self[Symbol.asyncDispose]();
    throw error;
  }
  return self;
}

export const sparesReady = (lab: string) => `slipway_pool_labs{lab="${lab}",state="ready"}`;
export const capturesGood = 'slipway_captures{state="good"}';
