import fc from 'fast-check';
import type { Fault } from '../fakes/engine/engine.ts';

export type Ask = 'start' | 'end' | 'reset' | 'pause' | 'resume';

/** Something that happens to an installation. */
export type Step =
  | { do: Ask; who: 0 | 1 }
  /** Everything comes to rest, and is looked at. */
  | { do: 'rest' }
  /** A moment passes. */
  | { do: 'moment'; turns: number }
  /** The pool looks after what it makes ahead; idle labs are looked for. */
  | { do: 'pool' }
  | { do: 'idle' }
  /** The server dies, now or as it makes so many calls of the engine or the database; another one follows. */
  | { do: 'crash'; of: 'engine' | 'store'; calls: number }
  /** Somebody removes, stops or pauses a container by hand; `isTold`: the engine says so. */
  | { do: 'remove' | 'stop' | 'freeze'; pick: number; isTold: boolean }
  /** The clock is set. */
  | { do: 'jump'; days: -1 | 1 }
  | { do: 'fault'; how: Fault['how']; at: number };

const who = fc.constantFrom(0 as const, 1 as const);
const pick = fc.nat(99);

const asks = fc.record({ do: fc.constantFrom<Ask[]>('start', 'start', 'end', 'reset', 'pause', 'resume'), who });

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: asks },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('rest' as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('moment' as const), turns: fc.nat(60) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('pool' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('idle' as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('crash' as const),
        of: fc.constantFrom('engine' as const, 'store' as const),
        calls: fc.nat(60),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'stop' as const, 'freeze' as const), pick, isTold: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), days: fc.constantFrom(-1 as const, 1 as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('fault' as const),
        how: fc.constantFrom<Fault['how'][]>('fails', 'conflicts', 'lost', 'away'),
        at: fc.integer({ min: 1, max: 60 }),
      }),
    },
  ),
  { minLength: 4, maxLength: 24 },
);

export function told(step: Step): string {
  const { do: name, ...rest } = step;
  return [name, ...Object.values(rest)].join(' ');
}
