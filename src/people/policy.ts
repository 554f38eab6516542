/** Who may do what (design §7): one table, asked by every page, endpoint and socket. */
export type Role = 'learner' | 'instructor';
export interface Actor {
  person: string;
  roles: readonly Role[];
}
export type Subject =
  | { kind: 'session'; owner: string }
  | { kind: 'attempt'; owner: string }
  | { kind: 'results' }
  | { kind: 'lab' }
  | { kind: 'desk' }
  | { kind: 'disputes' }
  | { kind: 'authoring' }
  | { kind: 'host' };
export type Verb =
  | 'read'
  | 'start'
  | 'end'
  | 'reset'
  | 'check'
  | 'attach'
  | 'pause'
  | 'resume'
  | 'extend'
  | 'preview'
  | 'download'
  | 'help'
  | 'dispute'
  | 'write'
  | 'settle'
  | 'export';

const owns = (actor: Actor, subject: Subject) => 'owner' in subject && subject.owner === actor.person;
const teaches = (actor: Actor) => actor.roles.includes('instructor');

const rules: Record<Subject['kind'], Partial<Record<Verb, (actor: Actor, subject: Subject) => boolean>>> = {
  lab: { read: () => true, start: (actor) => actor.roles.length > 0, help: (actor) => actor.roles.length > 0 },
  session: {
    read: owns,
    end: owns,
    reset: owns,
    check: owns,
    attach: owns,
    pause: owns,
    resume: owns,
    extend: owns,
    preview: owns,
    download: owns,
  },
  attempt: { dispute: owns },
  /** Everybody's own: what they left open. */
  desk: { read: () => true, write: () => true },
  disputes: { read: teaches, settle: teaches },
  results: { read: teaches, export: teaches },
  /** What is known of the course's labs: answers that were tried, and what graders read. */
  authoring: { read: teaches },
  /** The machine that labs run on, what they cost it, and what happened to each. */
  host: { read: teaches },
};

/** Whether `actor` may do `verb` to `subject`. What the table does not name is refused. */
export function may(actor: Actor | null, verb: Verb, subject: Subject): boolean {
  if (actor === null) return false;
  return rules[subject.kind][verb]?.(actor, subject) ?? false;
}
