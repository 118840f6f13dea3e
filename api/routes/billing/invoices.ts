import { type RouteHandler, z } from '@hono/zod-openapi';
import { defineRoute } from '../../access/define-route.ts';
import type { ApiEnv } from '../../api-env.ts';
import { billingCommand } from '../../billing/billing-deps.ts';
import { listInvoices, payInvoice, readInvoice } from '../../billing/invoices.ts';
import type { WithBilling } from '../../billing/with-billing.ts';
import { problemAnswer } from '../../problem-schema.ts';
import { accountParams } from '../account.ts';
import { instant } from '../account-schema.ts';
import { idempotencyHeaders } from '../idempotency-key.ts';
import {
  cents,
  changeRefusals,
  invoiceParams,
  jsonAnswer,
  jsonBody,
  stepFields,
  stripeId,
  stripeRefusals,
} from './billing-schema.ts';

const PATH = '/api/v1/accounts/{accountId}/billing/invoices';
const notFound = problemAnswer('`invoice-not-found`: none of the account.');

export const invoiceSchema = z
  .object({
    id: z.string(),
    number: z.string().nullable(),
    status: z.string(),
    reason: z.string(),
    currency: z.string(),
    totalCents: cents,
    paidCents: cents,
    remainingCents: cents,
    createdAt: instant,
    dueAt: instant.nullable(),
    paidAt: instant.nullable(),
    periodStart: instant,
    periodEnd: instant,
    subscriptionId: z.string().nullable(),
    hostedUrl: z.string().nullable().openapi({ description: "Stripe's page where it is looked at and paid." }),
    pdfUrl: z.string().nullable(),
    lines: z.array(z.object({ text: z.string(), amountCents: cents, quantity: z.number().nullable() })),
  })
  .openapi('Invoice');

export const invoicesRoute = defineRoute({
  method: 'get',
  path: PATH,
  action: 'billing:read',
  summary: 'Invoices, newest first',
  request: {
    params: accountParams,
    query: z.object({
      before: stripeId.optional().openapi({ description: 'Goes on after a page: its `next`.' }),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
  },
  responses: {
    200: jsonAnswer('A page.', z.object({ invoices: z.array(invoiceSchema), next: z.string().nullable() })),
    ...stripeRefusals,
    404: notFound,
  },
});

export function createInvoicesHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof invoicesRoute, ApiEnv> {
  return async (c) => {
    const page = c.req.valid('query');
    const { account } = c.var;
    return c.json(await deps.withBilling((billing) => listInvoices(billing, account, page)), 200);
  };
}

export const invoiceRoute = defineRoute({
  method: 'get',
  path: `${PATH}/{invoiceId}`,
  action: 'billing:read',
  summary: 'An invoice, with its PDF and the page where it is paid',
  request: { params: invoiceParams },
  responses: { 200: jsonAnswer('As Stripe has it now.', invoiceSchema), ...stripeRefusals, 404: notFound },
});

export function createInvoiceHandler(deps: { withBilling: WithBilling }): RouteHandler<typeof invoiceRoute, ApiEnv> {
  return async (c) => {
    const { invoiceId } = c.req.valid('param');
    const { account } = c.var;
    return c.json(await deps.withBilling((billing) => readInvoice(billing, account, invoiceId)), 200);
  };
}

export const payInvoiceRoute = defineRoute({
  method: 'post',
  path: `${PATH}/{invoiceId}/pay`,
  action: 'billing:manage',
  audit: 'billing.pay-invoice',
  summary: 'Pays an open invoice now',
  request: {
    params: invoiceParams,
    headers: idempotencyHeaders,
    body: jsonBody(
      z
        .object({
          paymentMethodId: stripeId
            .optional()
            .openapi({ description: 'One of the account. Default: what is charged otherwise.' }),
        })
        .openapi('Payment'),
    ),
  },
  responses: {
    200: jsonAnswer(
      '`paid`; or `open`, and the customer confirms the payment by `clientSecret` or at `nextActionUrl`.',
      z.object({ invoiceId: z.string(), status: z.string(), ...stepFields }).openapi('PaidInvoice'),
    ),
    ...changeRefusals,
    402: problemAnswer('`card-declined` with `declineCode` and `advice`.'),
    404: notFound,
    409: problemAnswer('`invoice-not-open`, `billing-busy`, `stripe-refused`.'),
  },
});

export function createPayInvoiceHandler(deps: {
  withBilling: WithBilling;
}): RouteHandler<typeof payInvoiceRoute, ApiEnv> {
  return async (c) => {
    const { invoiceId } = c.req.valid('param');
    const { paymentMethodId } = c.req.valid('json');
    const command = billingCommand(c.var.account, `pay/${invoiceId}`, c.req.valid('header')['idempotency-key']);
    const wish = { invoiceId, paymentMethodId };
    return c.json(await deps.withBilling((billing) => payInvoice(billing, command, wish)), 200);
  };
}
