import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import type { BillingSnapshot } from '#domain/snapshot.ts';
import { fromUnixSeconds } from '#domain/time.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { databaseRefusalOf } from './database-refusal.ts';
import { keepSetAside } from './set-aside.ts';
import type { StripeReading } from './stripe-reading.ts';
import { idOf, instantOf, methodOf, paymentIntentsOf, subscriptionIdOf } from './stripe-snapshot.ts';

/** What is known of a customer's money, for people to see. */
export interface MoneyTables {
  /** PostgreSQL's clock, one for all workers: to be asked before Stripe is. */
  beginRead(): Promise<string>;
  /**
   * Stores what was read, all or nothing. A read that began earlier than the one that is stored changes nothing. What PostgreSQL refuses
   * for what it says is set aside for support.
   */
  store(reading: StripeReading, snapshot: BillingSnapshot, beganAt: string): Promise<void>;
}

type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0];
type Row = Record<string, string | number | boolean | null>;

/** Columns with their types, in a table's order. The first is its key. */
const COLUMNS = {
  subscription: {
    ...{ id: 'text', customer_id: 'text', status: 'text', role: 'text', plan_id: 'text', add_on_id: 'text' },
    ...{ created_at: 'timestamptz', current_period_start: 'timestamptz', current_period_end: 'timestamptz' },
    ...{ cancel_at: 'timestamptz', ended_at: 'timestamptz', trial_end: 'timestamptz' },
    ...{ collection_paused: 'boolean', latest_invoice_id: 'text' },
  },
  subscription_item: {
    ...{ id: 'text', subscription_id: 'text', price_id: 'text', product_id: 'text', quantity: 'bigint' },
    ...{ unit_amount: 'text', currency: 'text', interval: 'text', interval_count: 'integer' },
  },
  invoice: {
    ...{ id: 'text', customer_id: 'text', subscription_id: 'text', number: 'text', status: 'text' },
    ...{ billing_reason: 'text', currency: 'text', total_cents: 'bigint', paid_cents: 'bigint' },
    ...{ remaining_cents: 'bigint', created_at: 'timestamptz', finalized_at: 'timestamptz', paid_at: 'timestamptz' },
    ...{ period_start: 'timestamptz', period_end: 'timestamptz', attempt_count: 'integer' },
    ...{ next_attempt_at: 'timestamptz', hosted_url: 'text', pdf_url: 'text' },
  },
  payment: {
    ...{ id: 'text', customer_id: 'text', invoice_id: 'text', status: 'text', currency: 'text' },
    ...{ amount_cents: 'bigint', refunded_cents: 'bigint', created_at: 'timestamptz', failure_code: 'text' },
    ...{ decline_code: 'text', dispute_status: 'text' },
  },
  payment_method: {
    ...{ id: 'text', customer_id: 'text', type: 'text', brand: 'text', last4: 'text' },
    ...{ exp_month: 'integer', exp_year: 'integer', is_default: 'boolean' },
  },
} as const satisfies Record<string, Record<string, string>>;

/** Once known it stays known: the list that it was read from ends somewhere. */
const KEPT = new Set<string>(['invoice_id']);

type Table = keyof typeof COLUMNS;
type Rows = Record<Table, Row[]>;

/** The writer of `stripe_customer` and of what hangs on it. */
export function createMoneyTables({ prisma }: { prisma: PrismaClient }): MoneyTables {
  return {
    async beginRead() {
      const [row] = await prisma.$queryRaw<{ now: string }[]>`SELECT clock_timestamp()::text AS now`;
      if (!row) throw new Error('PostgreSQL did not say what time it is.');
      return row.now;
    },

    async store(reading, snapshot, beganAt) {
      const rows = rowsOf(reading, snapshot);
      const credit = creditOf(reading.customer);
      const digest = createHash('sha256')
        .update(JSON.stringify([rows, credit]))
        .digest('base64url');
      const { id } = reading.customer;
      const store = async (tx: Transaction) => {
        await lockCustomer(tx, id);
        if (await tx.deletedAccount.findUnique({ where: { stripeCustomerId: id }, select: { id: true } })) return;
        const [stored] = await tx.$queryRaw<{ isNewer: boolean; digest: string }[]>`
          SELECT read_began_at < ${beganAt}::timestamptz AS "isNewer", digest FROM stripe_customer WHERE id = ${id}`;
        if (stored && !stored.isNewer) return;
        await tx.$executeRaw`
          INSERT INTO stripe_customer (id, read_began_at, read_at, digest, credit_cents, credit_currency)
          VALUES (${id}, ${beganAt}::timestamptz, ${reading.readAt}::timestamptz, ${digest}, ${credit.cents},
                  ${credit.currency})
          ON CONFLICT (id) DO UPDATE SET
            read_began_at = EXCLUDED.read_began_at, read_at = EXCLUDED.read_at, digest = EXCLUDED.digest,
            credit_cents = EXCLUDED.credit_cents, credit_currency = EXCLUDED.credit_currency`;
        if (stored?.digest !== digest) await storeRows(tx, id, rows);
      };
      try {
        await prisma.$transaction(store);
      } catch (error) {
        const refusal = databaseRefusalOf(error);
        if (refusal === null) throw error;
        // These rows are for people to see: an account is decided on without them.
        const account = await prisma.account.findUnique({ where: { stripeCustomerId: id }, select: { id: true } });
        await keepSetAside(prisma, account?.id ?? 'unknown', [{ what: 'billing', about: id, refusal, content: rows }]);
      }
    },
  };
}

/** Until the transaction ends nobody else writes a customer's money, or deletes it. */
export async function lockCustomer(tx: Transaction, stripeCustomerId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`stripe_customer/${stripeCustomerId}`}, 0))`;
}

async function storeRows(tx: Transaction, customerId: string, rows: Rows): Promise<void> {
  for (const table of Object.keys(COLUMNS) as Table[]) await upsert(tx, table, rows[table]);
  // Lists of the past end somewhere; these two are whole, so what is not in them is gone.
  await tx.subscriptionItem.deleteMany({
    where: {
      subscriptionId: { in: rows.subscription.map(({ id }) => String(id)) },
      id: { notIn: rows.subscription_item.map(({ id }) => String(id)) },
    },
  });
  await tx.paymentMethod.deleteMany({
    where: { customerId, id: { notIn: rows.payment_method.map(({ id }) => String(id)) } },
  });
}

/** One statement for a table. Names come from `COLUMNS` alone. */
async function upsert(tx: Transaction, table: Table, rows: Row[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = Object.entries(COLUMNS[table]);
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  const types = columns.map(([name, type]) => `"${name}" ${type}`).join(', ');
  const changes = columns.slice(1).map(([name]) => {
    const fresh = `EXCLUDED."${name}"`;
    return `"${name}" = ${KEPT.has(name) ? `COALESCE(${fresh}, "${table}"."${name}")` : fresh}`;
  });
  await tx.$executeRawUnsafe(
    `INSERT INTO "${table}" (${names}) SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS rows(${types})
     ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')}`,
    JSON.stringify(rows),
  );
}

function rowsOf(reading: StripeReading, snapshot: BillingSnapshot): Rows {
  const customer_id = reading.customer.id;
  const method = methodOf(reading);
  const methods = [...reading.paymentMethods, ...(method ? [method] : [])];
  const invoices = [...reading.recentInvoices, ...reading.openInvoices, ...latestInvoices(reading)];
  return {
    subscription: snapshot.subscriptions.map((each) => ({
      id: each.id,
      customer_id,
      status: each.status,
      role: each.role,
      plan_id: each.planId,
      add_on_id: each.addOnId,
      created_at: each.createdAt,
      current_period_start: each.currentPeriodStart,
      current_period_end: each.currentPeriodEnd,
      cancel_at: each.cancelAt,
      ended_at: each.endedAt,
      trial_end: each.trialEnd,
      collection_paused: each.collectionPaused,
      latest_invoice_id: each.latestInvoiceId,
    })),
    subscription_item: reading.subscriptions.flatMap((each) => each.items.data.map((item) => itemRow(each.id, item))),
    invoice: firstOfEach(invoices.map((each) => invoiceRow(each, customer_id))),
    payment: reading.charges.map((each) => paymentRow(each, reading)),
    payment_method: firstOfEach(methods.map((each) => methodRow(each, customer_id, each.id === method?.id))),
  };
}

function latestInvoices({ subscriptions }: StripeReading): Stripe.Invoice[] {
  return subscriptions.flatMap(({ latest_invoice: latest }) => (typeof latest === 'object' && latest ? [latest] : []));
}

function itemRow(subscriptionId: string, { id, price, quantity }: Stripe.SubscriptionItem): Row {
  return {
    id,
    subscription_id: subscriptionId,
    price_id: price.id,
    product_id: idOf(price.product),
    quantity: quantity ?? null,
    unit_amount: price.unit_amount_decimal === null ? null : String(price.unit_amount_decimal),
    currency: price.currency,
    interval: price.recurring?.interval ?? null,
    interval_count: price.recurring?.interval_count ?? null,
  };
}

function invoiceRow(invoice: Stripe.Invoice, customer_id: string): Row {
  return {
    id: invoice.id ?? '',
    customer_id,
    subscription_id: subscriptionIdOf(invoice),
    number: invoice.number,
    status: invoice.status ?? 'draft',
    billing_reason: invoice.billing_reason ?? 'manual',
    currency: invoice.currency,
    total_cents: invoice.total,
    paid_cents: invoice.amount_paid,
    remaining_cents: invoice.amount_remaining,
    created_at: fromUnixSeconds(invoice.created),
    finalized_at: instantOf(invoice.status_transitions.finalized_at),
    paid_at: instantOf(invoice.status_transitions.paid_at),
    period_start: fromUnixSeconds(invoice.period_start),
    period_end: fromUnixSeconds(invoice.period_end),
    attempt_count: invoice.attempt_count,
    next_attempt_at: instantOf(invoice.next_payment_attempt),
    hosted_url: invoice.hosted_invoice_url ?? null,
    pdf_url: invoice.invoice_pdf ?? null,
  };
}

function paymentRow(charge: Stripe.Charge, { customer, recentInvoices, disputes }: StripeReading): Row {
  const intent = idOf(charge.payment_intent);
  const invoice = recentInvoices.find((each) => intent !== null && paymentIntentsOf(each).includes(intent));
  return {
    id: charge.id,
    customer_id: customer.id,
    invoice_id: invoice?.id ?? null,
    status: charge.status,
    currency: charge.currency,
    amount_cents: charge.amount,
    refunded_cents: charge.amount_refunded,
    created_at: fromUnixSeconds(charge.created),
    failure_code: charge.failure_code,
    decline_code: charge.outcome?.reason ?? null,
    dispute_status: disputes.find((each) => idOf(each.charge) === charge.id)?.status ?? null,
  };
}

function methodRow(method: Stripe.PaymentMethod, customer_id: string, isDefault: boolean): Row {
  return {
    id: method.id,
    customer_id,
    type: method.type,
    brand: method.card?.brand ?? null,
    last4: method.card?.last4 ?? null,
    exp_month: method.card?.exp_month ?? null,
    exp_year: method.card?.exp_year ?? null,
    is_default: isDefault,
  };
}

/** Stripe's balance is what the customer owes; credit is the opposite. */
function creditOf(customer: Stripe.Customer | Stripe.DeletedCustomer): { cents: number; currency: string | null } {
  if (customer.deleted) return { cents: 0, currency: null };
  return { cents: -customer.balance || 0, currency: customer.currency ?? null };
}

/** An INSERT takes each key once. */
function firstOfEach(rows: Row[]): Row[] {
  return [...new Map(rows.toReversed().map((row) => [row.id, row])).values()].toReversed();
}
