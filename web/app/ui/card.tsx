import type { ReactNode } from 'react';

interface CardProps {
  /** Id of the heading inside, which names the region. */
  labelledBy: string;
  className?: string;
  children: ReactNode;
}

/** A region of the page. */
export function Card({ labelledBy, className = '', children }: CardProps) {
  return (
    <section
      aria-labelledby={labelledBy}
      className={`rounded-2xl border border-line bg-card p-5 shadow-[0_1px_2px_rgb(0_0_0/0.04)] sm:p-7 ${className}`}
    >
      {children}
    </section>
  );
}
