import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { entries } from '#grading';
import { type history, madeBy } from '../../../labs/04-state-inside/class.ts';

type Entry = z.infer<ReturnType<typeof entries<z.infer<typeof history.value>>>>[number];

const provisioner = 'rancher.io/local-path';
const volume = { name: 'pv-1', className: 'keep', provisioner, policy: 'Retain', claim: 'claim-1' } as Parameters<typeof madeBy>[1];
let seq = 0;
const seen = (volumeName: string | null): Entry => ({
  kind: 'seen',
  seq: ++seq,
  at: '2026-11-23T12:00:00Z',
  value: [{ uid: 'claim-1', className: 'keep', sent: provisioner, volume: volumeName }],
});
const gap = (reason?: 'too-many'): Entry => ({
  kind: 'gap',
  seq: ++seq,
  at: '2026-11-23T12:00:00Z',
  value: reason ? { from: '2026-11-23T11:59:00Z', reason } : { from: '2026-11-23T11:59:00Z' },
});

test('a claim that was seen waiting before it had its volume was provisioned', () => {
  expect(madeBy(provisioner, volume, [seen(null), seen('pv-1')])).toBe(true);
});

test('a claim that had its volume from the first was not, unless nobody could look before', () => {
  expect(madeBy(provisioner, volume, [seen('pv-1')])).toBe(false);
  expect(madeBy(provisioner, volume, [gap(), seen('pv-1')])).toBe(true);
});

test('a learner who does so much that not all is kept buys no benefit of the doubt', () => {
  expect(madeBy(provisioner, volume, [gap('too-many'), seen('pv-1')])).toBe(false);
});
