import type { ReactNode } from 'react';
import type { Tone } from '../account/tone.ts';
import { TINTED } from './tone-classes.ts';

interface NoticeProps {
  tone: Tone;
  /** `alert` interrupts a screen reader, `status` waits; without one it is plain text. */
  role?: 'alert' | 'status';
  children: ReactNode;
}

/** A calm strip with something to know. */
export function Notice({ tone, role, children }: NoticeProps) {
  return (
    <div role={role} className={`rounded-xl px-4 py-3 text-sm leading-relaxed ${TINTED[tone]}`}>
      {children}
    </div>
  );
}
