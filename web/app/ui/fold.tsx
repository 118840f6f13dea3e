import type { ReactNode } from 'react';

interface FoldProps {
  summary: string;
  /** What it is about, for screen readers, where several say the same. */
  about?: string;
  open?: boolean;
  children: ReactNode;
}

/** Something that is asked for rarely, behind a word. Works without JavaScript. */
export function Fold({ summary, about, open, children }: FoldProps) {
  return (
    <details open={open}>
      <summary className="w-fit rounded-md py-2 text-sm font-medium text-muted hover:text-ink">
        {summary}
        {about ? <span className="sr-only"> {about}</span> : null}
      </summary>
      <div className="mt-3">{children}</div>
    </details>
  );
}
