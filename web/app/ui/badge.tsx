import type { Tone } from '../account/tone.ts';
import { TINTED } from './tone-classes.ts';

interface BadgeProps {
  tone: Tone;
  /** Something is on its way: the dot breathes. */
  busy?: boolean;
  children: string;
}

/** A word with a coloured dot. */
export function Badge({ tone, busy = false, children }: BadgeProps) {
  return (
    <span
      className={`inline-flex items-center gap-2 rounded-full px-3 py-1 text-sm font-semibold whitespace-nowrap ${TINTED[tone]}`}
    >
      <span
        aria-hidden="true"
        className={`size-2 rounded-full bg-current ${busy ? 'motion-safe:animate-pulse' : ''}`}
      />
      {children}
    </span>
  );
}
