import { Form, Link } from '@remix-run/react';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import type { BillingPage, InvoiceRow } from './billing-page.ts';
import type { Pressed } from './pressed.ts';

/** Invoices, newest first, with their PDF; an open one is paid here or on Stripe's page. */
export function InvoicesCard({ page, pressed }: { page: BillingPage; pressed: Pressed }) {
  const { invoices } = page;
  return (
    <Card labelledBy="invoices">
      <h2 id="invoices" className="text-lg font-semibold tracking-tight">
        Invoices
      </h2>
      {invoices === null ? (
        <p className="mt-2 text-muted">They can’t be shown right now. Please try again in a moment.</p>
      ) : null}
      {invoices?.rows.length === 0 ? <p className="mt-2 text-muted">There is none yet.</p> : null}
      <ul className="mt-2 divide-y divide-line">
        {invoices?.rows.map((invoice) => (
          <Row key={invoice.id} invoice={invoice} pressed={pressed} />
        ))}
      </ul>
      {invoices?.next ? (
        <Link
          to={`?${new URLSearchParams({ before: invoices.next })}`}
          className="mt-3 inline-flex min-h-11 items-center text-sm font-medium underline"
        >
          Older invoices
        </Link>
      ) : null}
    </Card>
  );
}

const LINK = 'inline-flex min-h-11 items-center px-1 text-sm font-medium underline';

function Row({ invoice, pressed }: { invoice: InvoiceRow; pressed: Pressed }) {
  const { id, number, date, amount, label, tone, open, hostedUrl, pdfUrl } = invoice;
  return (
    <li className="py-4">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="font-medium tabular-nums">{amount}</p>
          <p className="mt-0.5 text-sm break-words text-muted">
            {number}, <time dateTime={date.iso}>{date.day}</time>
          </p>
        </div>
        <Badge tone={tone}>{label}</Badge>
      </div>
      <FormAlert refused={pressed.refusedOf(['pay'], id)} />
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-2">
        {open && pressed.mayManage ? (
          <Form method="post">
            <input type="hidden" name="formKey" value={pressed.formKey} />
            <input type="hidden" name="id" value={id} />
            <Button look="primary" name="intent" value="pay" off={pressed.pending} aria-label={`Pay now: ${number}`}>
              {pressed.isPending('pay', id) ? 'One moment…' : 'Pay now'}
            </Button>
          </Form>
        ) : null}
        {pdfUrl ? (
          <a href={pdfUrl} className={LINK} aria-label={`PDF of ${number}`}>
            PDF
          </a>
        ) : null}
        {hostedUrl ? (
          <a href={hostedUrl} className={LINK} aria-label={`${number} on Stripe’s page`}>
            {open ? 'Pay with another card' : 'Look at it'}
          </a>
        ) : null}
      </div>
    </li>
  );
}
