import { expect, test } from 'vitest';
import { mayReadMetrics } from '#server/metrics/access.ts';

const token = 'a-token-of-some-length';

test('without a token the figures are read by programs of this machine alone', () => {
  for (const here of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(mayReadMetrics({}, here, undefined), here).toBe(true);
  for (const away of ['192.168.1.7', '::ffff:10.0.0.2', undefined]) expect(mayReadMetrics({}, away, undefined)).toBe(false);
});

test('neither a page of another site nor what a proxy passes on counts as this machine', () => {
  expect(mayReadMetrics({ 'sec-fetch-site': 'cross-site' }, '127.0.0.1', undefined)).toBe(false);
  expect(mayReadMetrics({ 'x-forwarded-for': '10.0.0.2' }, '127.0.0.1', undefined)).toBe(false);
  expect(mayReadMetrics({ forwarded: 'for=10.0.0.2' }, '127.0.0.1', undefined)).toBe(false);
});

test('where a token is set it is needed from everywhere, and enough', () => {
  expect(mayReadMetrics({}, '127.0.0.1', token)).toBe(false);
  expect(mayReadMetrics({ authorization: 'Bearer another-token' }, '127.0.0.1', token)).toBe(false);
  expect(mayReadMetrics({ authorization: `Bearer ${token}` }, '10.0.0.2', token)).toBe(true);
});
