import { type SelectHTMLAttributes, useId } from 'react';
import { INPUT_CLASSES } from './field.tsx';

interface SelectFieldProps extends SelectHTMLAttributes<HTMLSelectElement> {
  label: string;
  /** For lists, where the row says what it is about: only screen readers get the label. */
  labelHidden?: boolean;
  options: readonly { value: string; text: string }[];
}

/** A labelled choice of one. */
export function SelectField({ label, labelHidden = false, options, className = '', ...select }: SelectFieldProps) {
  const id = useId();
  return (
    <div className={`flex min-w-0 flex-col gap-1.5 ${className}`}>
      <label htmlFor={id} className={labelHidden ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      <select {...select} id={id} className={INPUT_CLASSES}>
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
