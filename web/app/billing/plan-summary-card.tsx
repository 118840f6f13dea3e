import { Form } from '@remix-run/react';
import { plainText } from '../format/sentence.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, buttonClasses } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Fold } from '../ui/fold.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';
import { Prose } from '../ui/prose.tsx';
import type { BillingPage } from './billing-page.ts';
import type { Pressed } from './pressed.ts';

/** What one has, what it costs and what comes next. */
export function PlanSummaryCard({ page, pressed }: { page: BillingPage; pressed: Pressed }) {
  const { plan, debt } = page;
  const acts = page.isOn && pressed.mayManage;
  return (
    <Card labelledBy="plan">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id="plan" className="text-sm text-muted">
            Your plan
          </h2>
          <p className="mt-1 text-2xl font-semibold tracking-tight break-words">{plan.name}</p>
          <p className="mt-1 text-muted">{plan.price ?? 'It costs nothing.'}</p>
        </div>
        <Badge tone={plan.tone}>{plan.label}</Badge>
      </div>
      <div className="mt-4 flex max-w-3xl flex-col gap-2 leading-relaxed empty:hidden">
        {plan.next.map((each) => (
          <p key={plainText(each)}>
            <Prose parts={each} />
          </p>
        ))}
      </div>
      {debt ? (
        <div className="mt-5 flex flex-col gap-3">
          <Notice tone="bad">{debt.text} Until then nothing else can be bought or changed.</Notice>
          <div className="flex flex-wrap gap-3">
            {debt.payUrl ? (
              <a href={debt.payUrl} className={buttonClasses('primary')}>
                Pay now
              </a>
            ) : null}
          </div>
        </div>
      ) : null}
      <div className="mt-3">
        <FormAlert refused={pressed.refusedOf(['cancel', 'undo'])} />
      </div>
      {acts && plan.canUndo ? (
        <Form method="post" className="mt-4">
          <input type="hidden" name="formKey" value={pressed.formKey} />
          <Button look="primary" name="intent" value="undo" off={pressed.pending}>
            {pressed.isPending('undo') ? 'One moment…' : `Keep ${plan.name} as it is`}
          </Button>
        </Form>
      ) : null}
      {acts && plan.canCancel ? (
        <div className="mt-4">
          <Fold summary="Cancel the plan">
            <p className="max-w-3xl leading-relaxed text-muted">
              It goes on until the end of the period that you have paid for, and nothing more is charged. Until that day
              you can take it back.
            </p>
            <Form method="post" className="mt-4">
              <input type="hidden" name="formKey" value={pressed.formKey} />
              <Button look="grave" name="intent" value="cancel" off={pressed.pending}>
                {pressed.isPending('cancel') ? 'One moment…' : 'Cancel at the end of the period'}
              </Button>
            </Form>
          </Fold>
        </div>
      ) : null}
    </Card>
  );
}
