import { describe, expect, test } from 'vitest';
import { NotMade, outcomeOf, Unprivileged } from '#runtime/trial/outcome.ts';

const answer = (status: number, message: string) => ({ status, body: { kind: 'Status', message } });
const podSecurity = 'pods "bad" is forbidden: violates PodSecurity "restricted:latest": privileged (container "a" must not set …)';
const rbac = 'pods is forbidden: User "slipway:prober" cannot create resource "pods" in API group "" in the namespace "shop"';
const denied = 'admission webhook "a.example.org" denied the request: pods is forbidden: User "slipway:prober" cannot create resource';

describe('a refusal of the object is a value', () => {
  test.each([
    [403, podSecurity],
    [403, 'pods "a" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'],
    [403, 'pods "a" is forbidden: unable to create new content in namespace shop because it is being terminated'],
    [404, 'namespaces "shop" not found'],
    [409, 'pods "a" already exists'],
    [422, 'Pod "a" is invalid: spec.containers: Required value'],
    [400, 'Pod in version "v1" cannot be handled as a Pod'],
  ])('%i %s', (status, message) => {
    expect(outcomeOf(answer(status, message), { webhooks: false })).toEqual({ accepted: false, status, message, object: null });
  });
  test('what was accepted comes back', () => {
    expect(outcomeOf({ status: 201, body: { kind: 'Pod' } }, { webhooks: false })).toMatchObject({
      accepted: true,
      object: { kind: 'Pod' },
    });
  });
});

describe('not having been able to try is none', () => {
  test.each([
    [401, 'Unauthorized', Unprivileged],
    [403, rbac, Unprivileged],
    [403, 'pods "web" is forbidden: User "slipway:prober" cannot delete resource "pods" in API group ""', Unprivileged],
    [
      403,
      'roles "a" is forbidden: user "slipway:prober" (groups=["x"]) is attempting to grant RBAC permissions not currently held:',
      Unprivileged,
    ],
    [500, 'Internal error occurred: failed calling webhook "a.example.org": failed to call webhook: no endpoints', NotMade],
    [403, denied, NotMade],
    [400, 'admission webhook "a.example.org" does not support dry run', NotMade],
    [429, 'Too many requests, please try again later.', NotMade],
    [405, 'the server does not allow this method on the requested resource', NotMade],
  ])('%i %s', (status, message, kind) => {
    expect(() => outcomeOf(answer(status, message), { webhooks: false })).toThrow(kind);
  });
  test('a server that failed may have made the change all the same', () => {
    const attempt = () => outcomeOf(answer(500, 'etcdserver: request timed out'), { webhooks: false });
    expect(attempt).toThrow('answered 500');
    expect(attempt).not.toThrow(NotMade);
  });
});

test('where a task is about webhooks, that one denies is an answer; that one cannot be called is none', () => {
  expect(outcomeOf(answer(403, denied), { webhooks: true })).toMatchObject({ accepted: false, status: 403 });
  const feigned = answer(403, 'admission webhook "a" denied the request: x is attempting to grant RBAC permissions not currently held');
  expect(outcomeOf(feigned, { webhooks: true })).toMatchObject({ accepted: false });
  const uncallable = answer(500, 'Internal error occurred: failed calling webhook "a.example.org": timed out');
  expect(() => outcomeOf(uncallable, { webhooks: true })).toThrow(NotMade);
});

test('hostile words are cut and well-formed', () => {
  const { message } = outcomeOf(answer(422, `\ud800${'x'.repeat(1_000_000)}`), { webhooks: false });
  expect(message.length).toBe(2000);
  expect(message.isWellFormed()).toBe(true);
});
