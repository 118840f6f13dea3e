import { Form } from '@remix-run/react';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import type { BillingPage, MethodRow } from './billing-page.ts';
import type { Pressed } from './pressed.ts';

/** What can be charged, and which of it is. */
export function MethodsCard({ page, pressed }: { page: BillingPage; pressed: Pressed }) {
  const { methods } = page;
  const neverBought = methods?.length === 0 && page.invoices?.rows.length === 0 && !page.plan.hasSubscription;
  return (
    <Card labelledBy="methods">
      <h2 id="methods" className="text-lg font-semibold tracking-tight">
        Payment methods
      </h2>
      {methods === null ? (
        <p className="mt-2 text-muted">They can’t be shown right now. Please try again in a moment.</p>
      ) : null}
      {methods?.length === 0 ? (
        <p className="mt-2 text-muted">There is none. Stripe asks for one when you first buy something.</p>
      ) : null}
      <ul className="mt-2 divide-y divide-line">
        {methods?.map((method) => (
          <Row key={method.id} method={method} pressed={pressed} />
        ))}
      </ul>
      {pressed.mayManage && methods !== null && !neverBought ? (
        <Form method="post" className="mt-4 flex flex-col items-start gap-3">
          <FormAlert refused={pressed.refusedOf(['method-add'])} />
          <input type="hidden" name="formKey" value={pressed.formKey} />
          <Button look="quiet" name="intent" value="method-add" off={pressed.pending}>
            {pressed.isPending('method-add') ? 'One moment…' : 'Add another one'}
          </Button>
        </Form>
      ) : null}
    </Card>
  );
}

function Row({ method, pressed }: { method: MethodRow; pressed: Pressed }) {
  const { id, text, expires, isDefault } = method;
  return (
    <li className="py-4">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="font-medium break-words">{text}</p>
          {expires ? <p className="mt-0.5 text-sm text-muted">Good until {expires}</p> : null}
        </div>
        {isDefault ? <Badge tone="good">Charged</Badge> : null}
      </div>
      <FormAlert refused={pressed.refusedOf(['method-default', 'method-remove'], id)} />
      {pressed.mayManage ? (
        <Form method="post" className="mt-3 flex flex-wrap gap-2">
          <input type="hidden" name="formKey" value={pressed.formKey} />
          <input type="hidden" name="id" value={id} />
          {isDefault ? null : (
            <Button
              look="quiet"
              name="intent"
              value="method-default"
              off={pressed.pending}
              aria-label={`Charge this one: ${text}`}
            >
              {pressed.isPending('method-default', id) ? 'One moment…' : 'Charge this one'}
            </Button>
          )}
          <Button look="quiet" name="intent" value="method-remove" off={pressed.pending} aria-label={`Remove ${text}`}>
            {pressed.isPending('method-remove', id) ? 'One moment…' : 'Remove'}
          </Button>
        </Form>
      ) : null}
    </li>
  );
}
