import { Card } from '../ui/card.tsx';
import type { AccountPage } from './account-page.ts';

/** What the customer has, and what pays for it. */
export function PlanCard({ plan }: Pick<AccountPage, 'plan'>) {
  return (
    <Card labelledBy="plan">
      <h2 id="plan" className="text-lg font-semibold tracking-tight">
        Plan
      </h2>
      <dl className="mt-4 flex flex-col gap-4 text-sm">
        <div>
          <dt className="text-muted">You have</dt>
          <dd className="mt-0.5 font-medium">{plan.name}</dd>
        </div>
        <div>
          <dt className="text-muted">Workspace size</dt>
          <dd className="mt-0.5 font-medium">{plan.size}</dd>
        </div>
        <div>
          <dt className="text-muted">Paid with</dt>
          <dd className="mt-0.5 font-medium">{plan.paidWith}</dd>
        </div>
      </dl>
    </Card>
  );
}
