import type { Tone } from '../account/tone.ts';

/** Tinted ground with text of the same hue; every pair passes AA. */
export const TINTED: Record<Tone, string> = {
  good: 'bg-good-soft text-good',
  info: 'bg-info-soft text-info',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  neutral: 'bg-neutral-soft text-neutral',
};

/** The hue alone, as text colour. */
export const TEXT: Record<Tone, string> = {
  good: 'text-good',
  info: 'text-info',
  warn: 'text-warn',
  bad: 'text-bad',
  neutral: 'text-neutral',
};
