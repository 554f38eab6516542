import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostRouter, previewHost } from '#server/hosts.ts';

const route = hostRouter(4321);

test('the names of this machine reach the site', () => {
  for (const host of ['localhost:4321', '127.0.0.1:4321', '[::1]:4321']) {
    expect(route(host)).toEqual({ kind: 'site', origin: `http://${host}` });
  }
});

test('a name that only looks like ours reaches nothing', () => {
  const others = [
    undefined,
    '',
    'localhost',
    'localhost:80',
    'localhost:43210',
    'evil.example:4321',
    'localhost.evil.example:4321',
    'evil.example#localhost:4321',
    'LOCALHOST.:4321',
    '127.0.0.1.nip.example:4321',
    'lab.localhost:4321',
    'web--abc.lab.localhost:4321',
    'web--abcdefgh.lab.localhost.evil.example:4321',
  ];
  for (const host of others) expect(route(host), String(host)).toBeNull();
});

test('a preview is named by its label and the session of its lab', () => {
  const place = { kind: 'preview', label: 'web-1', session: 'abcdefgh12', port: ':4321' };
  expect(route('web-1--abcdefgh12.lab.localhost:4321')).toEqual(place);
  expect(route(previewHost('web-1', 'abcdefgh12', ':4321'))).toEqual(place);
});

test('only exact site names are the site', () => {
  const exact = new Set(['localhost:4321', '127.0.0.1:4321', '[::1]:4321']);
  fc.assert(fc.property(fc.string(), (host) => exact.has(host) || route(host)?.kind !== 'site'));
});
