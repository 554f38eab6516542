import { may } from '#people/policy.ts';

/** Whether who asks may see everybody's results. */
export function mayTeach({ person }: Pick<App.Locals, 'person'>): boolean {
  return may(person === null ? null : { person: person.id, roles: person.roles }, 'read', { kind: 'results' });
}

/** Whether who asks may see how the machine does, and what happened to each lab. */
export function mayOperate({ person }: Pick<App.Locals, 'person'>): boolean {
  return may(person === null ? null : { person: person.id, roles: person.roles }, 'read', { kind: 'host' });
}
