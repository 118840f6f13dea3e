import { Badge } from '../ui/badge.tsx';
import { buttonClasses } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Prose } from '../ui/prose.tsx';
import { TEXT } from '../ui/tone-classes.ts';
import type { StandingPanel } from './standing.ts';

/** How the account stands, in one sentence, and what to do. */
export function StandingCard({ standing }: { standing: StandingPanel }) {
  const { label, tone, meaning, countdown, advice, debt, comesBack, holds } = standing;
  return (
    <Card labelledBy="standing">
      <h2 id="standing" className="sr-only">
        Standing
      </h2>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Badge tone={tone}>{label}</Badge>
        {countdown ? <span className={`text-sm font-semibold ${TEXT[tone]}`}>{countdown}</span> : null}
      </div>
      <p className="mt-4 max-w-3xl text-xl leading-snug font-medium text-pretty sm:text-2xl">
        <Prose parts={meaning} />
      </p>
      {advice ? (
        <p className="mt-2 max-w-3xl leading-relaxed text-muted">
          <Prose parts={advice} />
        </p>
      ) : null}
      {debt ? (
        <div className="mt-6 flex flex-wrap items-center gap-x-6 gap-y-4 border-t border-line pt-6">
          <p className="grow">
            <span className="block text-sm text-muted">To pay</span>
            <span className="text-2xl font-semibold tabular-nums">{debt.amount}</span>
            {comesBack.length > 0 ? (
              <span className="mt-1 block text-sm break-words">
                <span className="text-muted">Then runs again: </span>
                {comesBack.join(', ')}
              </span>
            ) : null}
          </p>
          {debt.payUrl ? (
            <a href={debt.payUrl} className={`${buttonClasses('primary')} w-full sm:w-auto`}>
              Pay now
            </a>
          ) : null}
        </div>
      ) : null}
      {holds.map((hold) => (
        <p key={hold.name} className="mt-5 border-t border-line pt-5 leading-relaxed">
          <strong className="font-semibold">On hold:</strong> {hold.reason}{' '}
          <span className="text-muted">
            (since <time dateTime={hold.since.iso}>{hold.since.absolute}</time>)
          </span>
        </p>
      ))}
    </Card>
  );
}
