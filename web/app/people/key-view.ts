import type { Tone } from '../account/tone.ts';
import type { Key } from '../api/people-answers.ts';
import { type Moment, momentOf } from '../format/moment.ts';
import type { Viewer } from '../format/viewer.ts';
import { SCOPES } from './role-words.ts';

/** A key, ready to be shown. */
export interface KeyView {
  id: string;
  name: string;
  /** Its first characters. */
  start: string;
  /** `Read, Workspaces` */
  scopes: string;
  state: Key['state'];
  label: string;
  tone: Tone;
  created: Moment;
  /** `null`: it does not expire. */
  expires: Moment | null;
  /** `null`: it was never used. */
  lastUsed: Moment | null;
}

/** How long keys are valid, in days. */
export const VALIDITIES: readonly { value: string; text: string }[] = [
  { value: '30', text: '30 days' },
  { value: '90', text: '90 days' },
  { value: '365', text: 'A year' },
  { value: 'never', text: 'Until it is revoked' },
];

const STATES: Record<Key['state'], { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'good' },
  expired: { label: 'Expired', tone: 'neutral' },
  revoked: { label: 'Revoked', tone: 'neutral' },
};

/** @param now ISO */
export function presentKey(key: Key, now: string, viewer: Viewer): KeyView {
  const { id, name, start, scopes, state, createdAt, expiresAt, lastUsedAt } = key;
  return {
    id,
    name,
    start,
    scopes: SCOPES.filter(({ value }) => scopes.includes(value))
      .map(({ text }) => text)
      .join(', '),
    state,
    ...STATES[state],
    created: momentOf(createdAt, now, viewer),
    expires: expiresAt === null ? null : momentOf(expiresAt, now, viewer),
    lastUsed: lastUsedAt === null ? null : momentOf(lastUsedAt, now, viewer),
  };
}

/** The days that were chosen; `null`: it does not expire; `undefined`: nothing that is offered. */
export function validityOf(chosen: string): number | null | undefined {
  if (!VALIDITIES.some(({ value }) => value === chosen)) return undefined;
  return chosen === 'never' ? null : Number(chosen);
}
