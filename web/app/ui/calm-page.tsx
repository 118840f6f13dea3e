import type { ReactNode } from 'react';
import { Wordmark } from './wordmark.tsx';

interface CalmPageProps {
  title: string;
  children: ReactNode;
}

/** One thing in the middle of the screen: signing in, or something that went wrong. */
export function CalmPage({ title, children }: CalmPageProps) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 px-4 py-10 sm:px-6">
      <Wordmark />
      <section className="rounded-2xl border border-line bg-card p-6 sm:p-8">
        <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
        {children}
      </section>
    </main>
  );
}
