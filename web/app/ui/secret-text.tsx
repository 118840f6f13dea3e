import { Check, Copy } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from './button.tsx';
import { INPUT_CLASSES } from './field.tsx';

interface SecretTextProps {
  label: string;
  text: string;
}

/** Something to be copied. With JavaScript there is a button; without, it is selected and copied by hand. */
export function SecretText({ label, text }: SecretTextProps) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [canCopy, setCanCopy] = useState(false);
  const [copied, setCopied] = useState(false);

  // Without JavaScript, or where a page may not write to the clipboard, a button would do nothing.
  useEffect(() => setCanCopy(Boolean(navigator.clipboard)), []);

  async function copy() {
    input.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      setCanCopy(false);
    }
  }

  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <div className="flex flex-col gap-3 sm:flex-row">
        <input
          ref={input}
          id={id}
          readOnly
          value={text}
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
          className={`${INPUT_CLASSES} font-mono text-sm`}
        />
        {canCopy ? (
          <Button look="quiet" type="button" onClick={copy} className="shrink-0">
            {copied ? <Check aria-hidden="true" className="size-4" /> : <Copy aria-hidden="true" className="size-4" />}
            {copied ? 'Copied' : 'Copy'}
          </Button>
        ) : null}
      </div>
      <p role="status" className="sr-only">
        {copied ? `${label} copied.` : ''}
      </p>
    </div>
  );
}
