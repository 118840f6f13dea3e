import type { ButtonHTMLAttributes } from 'react';

const SHAPE =
  'inline-flex min-h-11 items-center justify-center gap-2 rounded-xl px-5 py-2.5 text-base font-semibold motion-safe:transition-colors';
const LOOK = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  grave: 'border border-bad bg-card text-bad hover:bg-bad-soft',
  quiet: 'border border-line bg-card text-ink hover:bg-neutral-soft',
} as const;
const OFF = 'cursor-not-allowed border border-line bg-neutral-soft text-muted';

/** The look of a button, for links that are one. */
export function buttonClasses(look: keyof typeof LOOK): string {
  return `${SHAPE} ${LOOK[look]}`;
}

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  look: keyof typeof LOOK;
  /** Can't be pressed now. It keeps the focus and is announced, which a `disabled` one would not. */
  off?: boolean;
}

/** A button of comfortable size. */
export function Button({ look, off = false, className = '', onClick, type = 'submit', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={off || undefined}
      onClick={off ? (event) => event.preventDefault() : onClick}
      className={`${SHAPE} ${off ? OFF : LOOK[look]} ${className}`}
    />
  );
}
