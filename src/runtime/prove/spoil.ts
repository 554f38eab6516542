import type { z } from 'zod';

export type Json = z.core.util.JSONType;
export type Path = readonly (string | number)[];

/** One way to spoil a value: at `path`, `was` becomes `now` (undefined: the key or element is gone). */
export interface Spoiled {
  path: Path;
  kind: string;
  was: Json;
  now: Json | undefined;
}

/** Every way to spoil a value in one place: what a learner mistypes, forgets, leaves behind or points at something else. */
export function* spoil(value: Json, path: Path = []): Generator<Spoiled> {
  const as = (kind: string, now: Json | undefined): Spoiled => ({ path, kind, was: value, now });
  const key = nearestKey(path);
  if (value === null) return;
  if (path.length === 0 && !Array.isArray(value)) yield as('absent', null);
  if (typeof value === 'boolean') yield as('flipped', !value);
  else if (typeof value === 'number') for (const [kind, now] of otherNumbers(value, key)) yield as(kind, now);
  else if (typeof value === 'string') yield as(...otherText(value, path));
  else if (Array.isArray(value)) {
    if (says(value)) yield as('emptied', []);
    for (const [index, item] of value.entries()) {
      if (value.length > 1 && says(item)) yield { path: [...path, index], kind: 'element removed', was: item, now: undefined };
      yield* spoil(item, [...path, index]);
    }
  } else {
    for (const [name, item] of Object.entries(value)) {
      if (says(item)) yield { path: [...path, name], kind: 'missing key', was: item, now: undefined };
      yield* spoil(item, [...path, name]);
    }
  }
}

/** Whether a value holds anything that can be right or wrong: nulls and empty lists and objects do not. */
function says(value: Json): boolean {
  if (typeof value !== 'object') return true;
  return value !== null && Object.values(value).some(says);
}

const nearestKey = (path: Path) => String(path.findLast((step) => typeof step === 'string') ?? '');
const selecting = new Set(['labels', 'matchLabels', 'selector', 'nodeSelector']);

function otherNumbers(value: number, key: string): [string, number][] {
  if (key === 'observedGeneration') return [['stale generation', value - 1]];
  if (/^status$|^code$/i.test(key) && value >= 100 && value < 600) return [['other status', value === 500 ? 200 : 500]];
  const kind = /port$/i.test(key) ? 'other port' : 'other number';
  const zero: [string, number][] = /replicas$/i.test(key) && value > 1 ? [['zero replicas', 0]] : [];
  return [...zero, [kind, value + 1], [kind, value - 1]];
}

function otherText(value: string, path: Path): [string, string] {
  const key = nearestKey(path);
  const parent = path.at(-2);
  if (typeof parent === 'string' && selecting.has(parent)) return ['label typo', typo(value)];
  if (key === 'namespace') return ['other namespace', `${value}-2`];
  if (/image$/i.test(key)) return ['other image tag', `${value.replace(/:[^:/]*$/, '')}:spoiled`];
  if (/uid$/i.test(key) || /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)) return ['other uid', '00000000-0000-4000-8000-000000000000'];
  const opposite = { True: 'False', False: 'True', true: 'false', false: 'true' }[value];
  if (opposite !== undefined) return ['flipped', opposite];
  if (/^\d{1,15}$/.test(value)) return ['other number', String(Number(value) + 1)];
  return ['other text', typo(value)];
}

/** The same text with one sign more at its end. */
const typo = (text: string) => `${text}x`;

/** The value with something else at a path; an element that is gone leaves no hole. */
export function replaced(value: Json, path: Path, now: Json | undefined): Json {
  const [step, ...rest] = path;
  if (step === undefined) return now ?? null;
  if (Array.isArray(value)) {
    if (rest.length === 0 && now === undefined) return value.filter((_, index) => index !== step);
    return value.map((item, index) => (index === step ? replaced(item, rest, now) : item));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (rest.length === 0 && now === undefined) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== step));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === step ? replaced(item, rest, now) : item]));
}

/** A path with `*` for each place in a list. */
export const patternOf = (path: Path) => path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
