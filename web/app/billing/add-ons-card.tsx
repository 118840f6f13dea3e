import { Form } from '@remix-run/react';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { Fold } from '../ui/fold.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Prose } from '../ui/prose.tsx';
import { SelectField } from '../ui/select-field.tsx';
import type { AddOnChoice, BillingPage, HeldAddOnRow } from './billing-page.ts';
import type { Pressed } from './pressed.ts';

/** What was bought beside the plan, and what could be. */
export function AddOnsCard({ page, pressed }: { page: BillingPage; pressed: Pressed }) {
  const { held, offered } = page.addOns;
  if (held.length + offered.length === 0) return null;
  const acts = page.isOn && pressed.mayManage && page.debt === null;
  return (
    <Card labelledBy="add-ons">
      <h2 id="add-ons" className="text-lg font-semibold tracking-tight">
        Add-ons and boosters
      </h2>
      {held.length === 0 ? <p className="mt-2 text-muted">You have none.</p> : null}
      <ul className="mt-2 divide-y divide-line">
        {held.map((addOn) => (
          <HeldRow key={addOn.subscriptionId} addOn={addOn} acts={acts} pressed={pressed} />
        ))}
      </ul>
      {acts && offered.length > 0 ? (
        <Fold summary="Add more" open={held.length === 0 && offered.length <= 3}>
          <ul className="divide-y divide-line">
            {offered.map((addOn) => (
              <OfferedRow key={addOn.id} addOn={addOn} pressed={pressed} />
            ))}
          </ul>
        </Fold>
      ) : null}
    </Card>
  );
}

function HeldRow({ addOn, acts, pressed }: { addOn: HeldAddOnRow; acts: boolean; pressed: Pressed }) {
  const { subscriptionId: id, name, quantity, label, tone, next, ends } = addOn;
  return (
    <li className="py-4">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <p className="min-w-0 font-medium break-words">
          {quantity} × {name}
        </p>
        <Badge tone={tone}>{label}</Badge>
      </div>
      <p className="mt-1 text-sm text-muted">
        <Prose parts={next} />
      </p>
      <FormAlert refused={pressed.refusedOf(['add-on-quantity', 'add-on-cancel', 'add-on-undo'], id)} />
      {acts ? (
        <Fold summary="Change" about={name}>
          <Form method="post" className="flex flex-wrap items-end gap-3">
            <input type="hidden" name="formKey" value={pressed.formKey} />
            <input type="hidden" name="id" value={id} />
            <div className="w-28">
              <Field label="How many" name="quantity" type="number" min={1} max={1000} defaultValue={quantity} />
            </div>
            <Button look="quiet" name="intent" value="add-on-quantity" off={pressed.pending}>
              {pressed.isPending('add-on-quantity', id) ? 'One moment…' : 'Have so many'}
            </Button>
            {ends ? (
              <Button look="quiet" name="intent" value="add-on-undo" off={pressed.pending}>
                {pressed.isPending('add-on-undo', id) ? 'One moment…' : 'Keep it'}
              </Button>
            ) : (
              <Button look="grave" name="intent" value="add-on-cancel" off={pressed.pending}>
                {pressed.isPending('add-on-cancel', id) ? 'One moment…' : 'Cancel at the end of the period'}
              </Button>
            )}
          </Form>
          <p className="mt-3 text-sm text-muted">
            More are charged and given at once; fewer begin with the next period.
          </p>
        </Fold>
      ) : null}
    </li>
  );
}

function OfferedRow({ addOn, pressed }: { addOn: AddOnChoice; pressed: Pressed }) {
  const { id, name, gives, prices, refused } = addOn;
  return (
    <li className="py-4">
      <h3 className="font-medium break-words">{name}</h3>
      <p className="mt-0.5 text-sm text-muted">
        {[gives, ...prices.map(({ text }) => text)].filter(Boolean).join(' · ')}
      </p>
      <FormAlert refused={pressed.refusedOf(['buy-add-on'], id)} />
      {refused ? (
        <p className="mt-2 text-sm">{refused}</p>
      ) : (
        <Form method="post" className="mt-3 flex flex-wrap items-end gap-3">
          <input type="hidden" name="formKey" value={pressed.formKey} />
          <input type="hidden" name="id" value={id} />
          <div className="w-28">
            <Field label={`How many of ${name}`} name="quantity" type="number" min={1} max={1000} defaultValue={1} />
          </div>
          <SelectField
            label="Billed"
            name="interval"
            options={prices.map(({ interval, text }) => ({ value: interval, text }))}
            className="w-40"
          />
          <Button look="quiet" name="intent" value="buy-add-on" off={pressed.pending} aria-label={`Add ${name}`}>
            {pressed.isPending('buy-add-on', id) ? 'One moment…' : 'Add'}
          </Button>
        </Form>
      )}
    </li>
  );
}
