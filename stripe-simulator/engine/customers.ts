import { timeOf } from './clock.ts';
import { change, emit } from './events.ts';
import { newId, randomToken } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Customer, Metadata } from './objects.ts';
import { attachToken, findPaymentMethod, isTestToken } from './payment-methods.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

export interface CustomerFields {
  email?: string | null | undefined;
  name?: string | null | undefined;
  phone?: string | null | undefined;
  description?: string | null | undefined;
  metadata?: Metadata | null | undefined;
  invoice_settings?: { default_payment_method?: string | null | undefined } | undefined;
}

export interface CustomerCreation extends CustomerFields {
  test_clock?: string | undefined;
  payment_method?: string | undefined;
  preferred_locales?: string[] | undefined;
}

/** @throws StripeError `resource_missing` */
export function findCustomer(world: World, id: string, param = 'customer'): Customer {
  const customer = world.state.customers[id];
  if (!customer) throw noSuch('customer', id, param);
  return customer;
}

/** Emits `customer.created`. https://docs.stripe.com/api/customers/create */
export function createCustomer(world: World, fields: CustomerCreation): Customer {
  const clock = fields.test_clock ?? null;
  const created = timeOf(world, clock);
  const token = fields.payment_method;
  const wanted = fields.invoice_settings?.default_payment_method;
  if (wanted && wanted !== token) throw notAttached(wanted);
  if (token && !isTestToken(token)) findPaymentMethod(world, token, 'payment_method');
  const customer: Customer = {
    id: newId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: fields.description ?? null,
    discount: null,
    email: fields.email ?? null,
    invoice_prefix: randomToken(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: mergeMetadata({}, fields.metadata),
    name: fields.name ?? null,
    next_invoice_sequence: 1,
    phone: fields.phone ?? null,
    preferred_locales: fields.preferred_locales ?? [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: clock,
  };
  world.state.customers[customer.id] = customer;
  try {
    const attached = token ? attachToken(world, token, customer) : null;
    if (attached && wanted) customer.invoice_settings.default_payment_method = attached.id;
    emit(world, 'customer.created', customer);
    if (attached) emit(world, 'payment_method.attached', attached);
  } catch (error) {
    delete world.state.customers[customer.id];
    throw error;
  }
  return customer;
}

/**
 * Emits `customer.updated`. A new default payment method collects nothing by itself: open invoices wait for their next
 * attempt. https://docs.stripe.com/api/customers/update
 */
export function updateCustomer(world: World, id: string, fields: CustomerFields): Customer {
  const customer = findCustomer(world, id, 'id');
  const paymentMethod = fields.invoice_settings?.default_payment_method;
  if (paymentMethod && world.state.paymentMethods[paymentMethod]?.customer !== id) throw notAttached(paymentMethod);
  change(world, 'customer.updated', customer, (each) => {
    if (fields.email !== undefined) each.email = fields.email;
    if (fields.name !== undefined) each.name = fields.name;
    if (fields.phone !== undefined) each.phone = fields.phone;
    if (fields.description !== undefined) each.description = fields.description;
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
    if (paymentMethod !== undefined) each.invoice_settings.default_payment_method = paymentMethod;
  });
  return customer;
}

function notAttached(paymentMethod: string) {
  return invalidRequest(
    `The customer does not have a payment method with the ID ${paymentMethod}. The payment method must be attached to the customer.`,
    'invoice_settings[default_payment_method]',
    'resource_missing',
  );
}
