import { Link } from '@remix-run/react';
import { Badge } from '../ui/badge.tsx';
import { buttonClasses } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Fold } from '../ui/fold.tsx';
import { type BillingPage, byText, type PlanChoice } from './billing-page.ts';

/** All plans, the own one marked. Choosing one leads to what it would come to; nothing happens yet. */
export function PlanChoicesCard({ page, mayManage }: { page: BillingPage; mayManage: boolean }) {
  return (
    <Card labelledBy="plans">
      <h2 id="plans" className="text-lg font-semibold tracking-tight">
        Plans
      </h2>
      <p className="mt-1 text-sm leading-relaxed text-muted">
        You see what a change costs and what fits before you confirm it.
      </p>
      <ul className="mt-3 divide-y divide-line">
        {page.plans.map((plan) => (
          <PlanRow key={plan.id} plan={plan} chooses={mayManage && page.isOn && page.debt === null} />
        ))}
      </ul>
    </Card>
  );
}

function PlanRow({ plan, chooses }: { plan: PlanChoice; chooses: boolean }) {
  const { id, name, current, facts, prices, trial, refused } = plan;
  return (
    <li className="py-5">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h3 className="min-w-0 font-semibold break-words">{name}</h3>
        {current ? <Badge tone="good">Yours</Badge> : null}
      </div>
      <p className="mt-1 text-sm text-muted">
        {[...prices.map(({ text }) => text), ...(trial ? [trial] : [])].join(' · ') || 'Costs nothing'}
      </p>
      {refused && !current ? <p className="mt-2 text-sm">{refused}</p> : null}
      {chooses && refused === null ? (
        <div className="mt-3 flex flex-wrap gap-2">
          {prices
            .filter((price) => !price.current)
            .map(({ interval }) => (
              <Link
                key={interval}
                to={`plan?${new URLSearchParams({ planId: id, interval })}`}
                className={buttonClasses('quiet')}
              >
                {prices.length > 1 || current ? `${name} ${byText(interval)}` : `Choose ${name}`}
              </Link>
            ))}
        </div>
      ) : null}
      <Fold summary="What it includes" about={`in ${name}`}>
        <ul className="flex list-disc flex-col gap-1 pl-5 text-sm text-muted">
          {facts.map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      </Fold>
    </li>
  );
}
