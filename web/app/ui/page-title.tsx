import type { ReactNode } from 'react';

interface PageTitleProps {
  title: string;
  children?: ReactNode;
}

/** The heading of a page within an account, with what it is for. */
export function PageTitle({ title, children }: PageTitleProps) {
  return (
    <div>
      <h1 className="text-2xl font-semibold tracking-tight text-balance break-words">{title}</h1>
      {children ? <p className="mt-1 max-w-3xl leading-relaxed text-muted">{children}</p> : null}
    </div>
  );
}
