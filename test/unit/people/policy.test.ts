import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Actor, may, type Role, type Subject, type Verb } from '#people/policy.ts';

const verbs: readonly Verb[] = ['read', 'start', 'end', 'reset', 'check', 'attach', 'export'];
const sets: readonly (readonly Role[])[] = [[], ['learner'], ['instructor'], ['learner', 'instructor']];
const subjects: Readonly<Record<string, Subject>> = {
  'a lab': { kind: 'lab' },
  'their own session': { kind: 'session', owner: 'ada' },
  "another's session": { kind: 'session', owner: 'bob' },
  'all results': { kind: 'results' },
  'the author pages': { kind: 'authoring' },
};

/** Every cell of verb × role × subject; what is not listed here is refused. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  nobody: [],
  'no role': ['read a lab', ...onOwnSession()],
  learner: ['read a lab', 'start a lab', ...onOwnSession()],
  instructor: ['read a lab', 'start a lab', ...onOwnSession(), 'read all results', 'export all results', 'read the author pages'],
};

function onOwnSession(): string[] {
  return ['read', 'end', 'reset', 'check', 'attach'].map((verb) => `${verb} their own session`);
}

function may_(actor: Actor | null): string[] {
  return verbs.flatMap((verb) =>
    Object.entries(subjects)
      .filter(([, subject]) => may(actor, verb, subject))
      .map(([name]) => `${verb} ${name}`),
  );
}

describe('who may do what', () => {
  test('somebody unknown may do nothing', () => {
    expect(may_(null)).toEqual([]);
  });

  test.each(sets)('roles %s %s', (...roles) => {
    const key = roles.includes('instructor') ? 'instructor' : (roles[0] ?? 'no role');
    expect(may_({ person: 'ada', roles }).sort()).toEqual([...(allowed[key] ?? [])].sort());
  });

  test('whatever their roles, nobody does anything with the session of somebody else', () => {
    const who = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(who, who, fc.constantFrom(...sets), fc.constantFrom(...verbs), (person, owner, roles, verb) => {
        fc.pre(person !== owner);
        expect(may({ person, roles }, verb, { kind: 'session', owner })).toBe(false);
      }),
    );
  });
});
