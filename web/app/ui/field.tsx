import { forwardRef, type InputHTMLAttributes, useId } from 'react';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  /** What to know before filling it in. */
  hint?: string;
  /** What is wrong with what was filled in. */
  error?: string | undefined;
  /** Marks it where the error is said elsewhere. */
  invalid?: boolean;
}

/** The look of everything that is filled in. */
export const INPUT_CLASSES =
  'min-h-11 w-full min-w-0 rounded-xl border border-muted/60 bg-page px-3.5 py-2 text-base text-ink aria-invalid:border-bad';

/** A labelled input; it must be filled in unless `required` is `false`. */
export const Field = forwardRef<HTMLInputElement, FieldProps>(function Field(
  { label, hint, error, invalid, required = true, 'aria-describedby': describedBy, ...input },
  ref,
) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', error ? `${id}-error` : '', describedBy].filter(Boolean).join(' ');
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {hint ? (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      ) : null}
      <input
        {...input}
        ref={ref}
        id={id}
        required={required}
        aria-invalid={invalid || Boolean(error) || undefined}
        aria-describedby={described || undefined}
        className={INPUT_CLASSES}
      />
      {error ? (
        <p id={`${id}-error`} className="text-sm font-medium text-bad">
          {error}
        </p>
      ) : null}
    </div>
  );
});
