import { forwardRef, type InputHTMLAttributes, useId } from 'react';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  invalid?: boolean;
}

/** A labelled input that must be filled in. */
export const Field = forwardRef<HTMLInputElement, FieldProps>(function Field({ label, invalid, ...input }, ref) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        {...input}
        ref={ref}
        id={id}
        required
        aria-invalid={invalid || undefined}
        className="min-h-11 rounded-xl border border-muted/60 bg-page px-3.5 py-2 text-base text-ink aria-invalid:border-bad"
      />
    </div>
  );
});
