import { z } from 'zod';
import { finalizeInvoice, findInvoice, markUncollectible, payInvoice, voidInvoice } from '../../engine/invoices.ts';
import { matchesCreated, page } from '../../engine/lists.ts';
import { previewInvoice } from '../../engine/previews.ts';
import { invalidRequest, noSuch } from '../../engine/stripe-error.ts';
import { endpoint } from '../endpoint.ts';
import { created, flag, nonEmpty, paging, positive } from '../parameters.ts';

const status = z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']);

/** https://docs.stripe.com/api/invoices, https://docs.stripe.com/api/invoice-payment */
export const invoiceEndpoints = [
  endpoint({
    method: 'get',
    path: '/v1/invoices',
    params: z.strictObject({
      ...paging,
      created,
      customer: nonEmpty.optional(),
      subscription: nonEmpty.optional(),
      status: status.optional(),
      collection_method: z.literal('charge_automatically').optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.invoices).filter(
          (each) =>
            (params.customer === undefined || each.customer === params.customer) &&
            (params.subscription === undefined ||
              each.parent.subscription_details.subscription === params.subscription) &&
            (params.status === undefined || each.status === params.status) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/invoices',
      ),
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/create_preview',
    params: z.strictObject({
      customer: nonEmpty.optional(),
      subscription: nonEmpty.optional(),
      preview_mode: z.literal('next').optional(),
      subscription_details: z
        .strictObject({
          items: z
            .array(
              z.strictObject({
                id: nonEmpty.optional(),
                price: nonEmpty.optional(),
                quantity: positive.optional(),
                deleted: flag.optional(),
              }),
            )
            .min(1)
            .optional(),
          proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
          proration_date: positive.optional(),
          cancel_at_period_end: flag.optional(),
        })
        .optional(),
    }),
    run: (world, params) => previewInvoice(world, params),
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => findInvoice(world, id, 'id'),
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/:id/lines',
    params: z.strictObject(paging),
    run: (world, params, id) =>
      page([...findInvoice(world, id, 'id').lines.data].reverse(), params, `/v1/invoices/${id}/lines`),
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/:id/finalize',
    params: z.strictObject({ auto_advance: flag.optional() }),
    run: (world, _params, id) => {
      const invoice = findInvoice(world, id, 'id');
      if (invoice.status !== 'draft') {
        throw invalidRequest(
          "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
          undefined,
          'invoice_not_editable',
        );
      }
      finalizeInvoice(world, invoice);
      return invoice;
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/:id/pay',
    params: z.strictObject({
      payment_method: nonEmpty.optional(),
      paid_out_of_band: flag.optional(),
      off_session: flag.optional(),
    }),
    run: (world, params, id) => payInvoice(world, id, params),
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/:id/void',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const invoice = findInvoice(world, id, 'id');
      voidInvoice(world, invoice);
      return invoice;
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/:id/mark_uncollectible',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const invoice = findInvoice(world, id, 'id');
      markUncollectible(world, invoice);
      return invoice;
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoice_payments',
    params: z.strictObject({
      ...paging,
      created,
      invoice: nonEmpty.optional(),
      status: z.enum(['open', 'paid', 'canceled']).optional(),
      payment: z.strictObject({ type: z.literal('payment_intent'), payment_intent: nonEmpty }).optional(),
    }),
    run: (world, params) =>
      page(
        Object.values(world.state.invoicePayments).filter(
          (each) =>
            (params.invoice === undefined || each.invoice === params.invoice) &&
            (params.status === undefined || each.status === params.status) &&
            (params.payment === undefined || each.payment.payment_intent === params.payment.payment_intent) &&
            matchesCreated(each.created, params.created),
        ),
        params,
        '/v1/invoice_payments',
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoice_payments/:id',
    params: z.strictObject({}),
    run: (world, _params, id) => {
      const found = world.state.invoicePayments[id];
      if (!found) throw noSuch('invoice_payment', id, 'id');
      return found;
    },
  }),
];
