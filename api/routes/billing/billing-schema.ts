import { z } from '@hono/zod-openapi';
import { problemAnswer } from '../../problem-schema.ts';
import { accountParams } from '../account.ts';
import { instant, misfitSchema } from '../account-schema.ts';

export const intervalSchema = z.enum(['month', 'year']);
export const cents = z.number().int().openapi({ description: 'Minor units of the currency.' });
export const stripeId = z.string().regex(/^[a-z]+_\w{1,250}$/, 'must be an id of Stripe, such as pm_1Q');
export const quantitySchema = z.number().int().min(1).max(1_000);

export const subscriptionParams = accountParams.extend({
  subscriptionId: stripeId.openapi({ example: 'sub_1Q' }),
});
export const invoiceParams = accountParams.extend({ invoiceId: stripeId.openapi({ example: 'in_1Q' }) });
export const methodParams = accountParams.extend({ paymentMethodId: stripeId.openapi({ example: 'pm_1Q' }) });

export const immediateQuery = z.object({
  immediate: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .openapi({ description: 'At once, in place of with the period that is paid.', type: 'string' }),
});

export const fitSchema = z
  .object({
    misfits: z.array(misfitSchema).openapi({ description: 'Workspaces that would be smaller or without room.' }),
    idleAddOns: z.array(z.string()).openapi({ description: 'Add-ons held that would do nothing.' }),
  })
  .openapi('Fit');

/** What is left for the customer to do about a payment. */
export const stepFields = {
  clientSecret: z.string().nullable().openapi({ description: 'For stripe.js, where the bank wants it confirmed.' }),
  nextActionUrl: z.string().nullable().openapi({ description: 'A page on which it can be confirmed as well.' }),
};

export const changedFields = {
  outcome: z.enum(['done', 'needs-customer', 'scheduled']).openapi({
    description:
      '`needs-customer`: all stays as it was until the payment is confirmed. `scheduled`: it comes into force at `at`.',
  }),
  subscriptionId: z.string(),
  status: z.string().openapi({ description: "Stripe's." }),
  at: instant.nullable(),
  invoiceId: z.string().nullable(),
  ...stepFields,
};

export const endingSchema = z
  .object({
    subscriptionId: z.string(),
    status: z.string().openapi({ description: "Stripe's." }),
    endsAt: instant.nullable(),
  })
  .openapi('Ending');

/** A JSON answer in a route's definition. */
export function jsonAnswer<S extends z.ZodType>(description: string, schema: S) {
  return { description, content: { 'application/json': { schema } } };
}

/** A JSON body in a route's definition. */
export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** What every route that asks Stripe may answer. */
export const stripeRefusals = {
  429: problemAnswer('`stripe-busy`: Stripe is asked too often.'),
  502: problemAnswer('`stripe-failed`: Stripe refused us.'),
  503: problemAnswer(
    '`billing-off` says what to set; `stripe-unavailable`: send it again with the same Idempotency-Key.',
  ),
};

/** What every route that changes something at Stripe may answer beside it. */
export const changeRefusals = {
  ...stripeRefusals,
  409: problemAnswer(
    '`billing-busy`: another change is under way. `no-customer`, `no-subscription`, `account-closing`. `stripe-refused`: not as things are.',
  ),
};
