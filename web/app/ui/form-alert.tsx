import { useEffect, useRef } from 'react';
import { Notice } from './notice.tsx';

/** Why a form was refused, at its head. It takes the focus, so that nobody has to look for it. */
export function FormAlert({ refused }: { refused: { error: string } | null | undefined }) {
  const alert = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (refused) alert.current?.focus();
  }, [refused]);
  if (!refused) return null;
  return (
    <div ref={alert} tabIndex={-1} className="rounded-xl">
      <Notice tone="bad" role="alert">
        {refused.error}
      </Notice>
    </div>
  );
}
