import type {
  Charge,
  Customer,
  Invoice,
  InvoiceLine,
  InvoicePayment,
  Meter,
  PaymentIntent,
  PaymentMethod,
  PortalConfiguration,
  Price,
  Product,
  StripeEvent,
  Subscription,
  SubscriptionItem,
  TestClock,
  WebhookEndpoint,
} from './objects.ts';
import type { Dispute, Refund, SetupIntent } from './payment-objects.ts';
import type { SubscriptionSchedule } from './schedule-objects.ts';
import type { Checkout, CheckoutSession, PortalPage, PortalSession } from './session-objects.ts';
import type { RecordedMeterEvent, ThinEvent } from './usage-objects.ts';

export const STATE_FORMAT = 1;

/** One try to deliver an event. */
export interface DeliveryAttempt {
  /** Wall time, ISO. */
  at: string;
  durationMs: number;
  /** HTTP status of the answer; `null` when there was none. */
  status: number | null;
  /** Why there was no answer. */
  error: string | null;
}

/** An event on its way to one endpoint. */
export interface Delivery {
  id: string;
  eventId: string;
  endpointId: string;
  /** The customer that the event is about. */
  customer: string | null;
  /** `failed`: given up after three days. `dropped`: a fault swallowed it. */
  status: 'pending' | 'delivered' | 'failed' | 'dropped';
  attempts: DeliveryAttempt[];
  /** Wall time in ms. */
  createdAtMs: number;
  /** Wall time in ms from which the next attempt may start. */
  nextAttemptAtMs: number;
}

export type DeliveryFault = 'hold' | 'duplicate' | 'shuffle' | 'drop';

/** API calls that are made to fail. */
export interface ApiFault {
  customer: string | null;
  remaining: number;
  status: number;
  /** The call takes effect and only its answer is lost. */
  answerLost: boolean;
}

export interface IdempotentAnswer {
  /** Method, path and parameters of the first request. */
  fingerprint: string;
  status: number;
  body: string;
  requestId: string;
  atMs: number;
}

/** A cardholder's answer that something waits for. */
export interface Authentication {
  /** A payment intent, a setup intent or a Checkout session. */
  of: string;
  paymentMethod: string;
  /** Where its holder goes on; `null` stays. */
  back: string | null;
}

/** Everything the simulator remembers: plain JSON, insertion order is creation order. */
export interface State {
  format: typeof STATE_FORMAT;
  customers: Record<string, Customer>;
  /** Customers that went with their test clock. */
  deletedCustomers: Record<string, true>;
  products: Record<string, Product>;
  prices: Record<string, Price>;
  meters: Record<string, Meter>;
  portalConfigurations: Record<string, PortalConfiguration>;
  paymentMethods: Record<string, PaymentMethod>;
  subscriptions: Record<string, Subscription>;
  invoices: Record<string, Invoice>;
  /** Prorations that wait for the next invoice, by subscription. */
  pendingProrations: Record<string, InvoiceLine[]>;
  /** Updates that wait for their invoice's payment, by subscription. */
  pendingUpdates: Record<string, { invoice: string; items: SubscriptionItem[]; anchor: number }>;
  invoicePayments: Record<string, InvoicePayment>;
  paymentIntents: Record<string, PaymentIntent>;
  charges: Record<string, Charge>;
  testClocks: Record<string, TestClock>;
  webhookEndpoints: Record<string, WebhookEndpoint>;
  events: Record<string, StripeEvent>;
  /** The wall time in ms at which an event was made; its `created` is the time of its clock. */
  eventRecordedAtMs: Record<string, number>;
  /** Signing secrets of webhook endpoints, by endpoint. */
  webhookSecrets: Record<string, string>;
  /** Cards that have been authenticated for payments without their holder, by payment method. */
  setUpCards: Record<string, true>;
  /** Authentications that are asked for, by the unguessable part of their page's address. */
  authentications: Record<string, Authentication>;
  setupIntents: Record<string, SetupIntent>;
  refunds: Record<string, Refund>;
  disputes: Record<string, Dispute>;
  checkoutSessions: Record<string, CheckoutSession>;
  /** What a Checkout session will make, by session. */
  checkouts: Record<string, Checkout>;
  portalSessions: Record<string, PortalSession>;
  /** Portal sessions by the unguessable part of their page's address. */
  portalPages: Record<string, PortalPage>;
  subscriptionSchedules: Record<string, SubscriptionSchedule>;
  /** Usage that was reported, by id of the simulator's own. */
  meterEvents: Record<string, RecordedMeterEvent>;
  /** Events that carry no object, of Stripe's API v2. */
  thinEvents: Record<string, ThinEvent>;
  /** The period ends that `invoice.upcoming` has been sent for, by subscription. */
  upcomingAnnounced: Record<string, number>;
  /** Invoices that a resumed subscription waits for, by subscription. */
  resumptions: Record<string, string>;
  /** Invoices by the unguessable part of their hosted page's address. */
  hostedInvoices: Record<string, string>;
  /** Subscriptions whose `trial_will_end` has been sent. */
  trialEndAnnounced: Record<string, true>;
  /** Test clocks that flow with wall time. */
  ticking: Record<string, { sinceWallMs: number; fromTime: number }>;
  deliveries: Record<string, Delivery>;
  /** Faults by customer; `*` is for everybody. */
  deliveryFaults: Record<string, DeliveryFault>;
  apiFaults: ApiFault[];
  idempotentAnswers: Record<string, IdempotentAnswer>;
}

export function emptyState(): State {
  return withOwnKeysAlone({
    format: STATE_FORMAT,
    customers: {},
    deletedCustomers: {},
    products: {},
    prices: {},
    meters: {},
    portalConfigurations: {},
    paymentMethods: {},
    subscriptions: {},
    invoices: {},
    pendingProrations: {},
    pendingUpdates: {},
    invoicePayments: {},
    paymentIntents: {},
    charges: {},
    testClocks: {},
    webhookEndpoints: {},
    events: {},
    eventRecordedAtMs: {},
    webhookSecrets: {},
    setUpCards: {},
    authentications: {},
    setupIntents: {},
    refunds: {},
    disputes: {},
    checkoutSessions: {},
    checkouts: {},
    portalSessions: {},
    portalPages: {},
    subscriptionSchedules: {},
    meterEvents: {},
    thinEvents: {},
    upcomingAnnounced: {},
    resumptions: {},
    hostedInvoices: {},
    trialEndAnnounced: {},
    ticking: {},
    deliveries: {},
    deliveryFaults: {},
    apiFaults: [],
    idempotentAnswers: {},
  });
}

/** Its tables know no key that nobody has put in: `toString` is no payment method. */
export function withOwnKeysAlone(state: State): State {
  for (const table of Object.values(state)) {
    if (typeof table === 'object' && !Array.isArray(table)) Object.setPrototypeOf(table, null);
  }
  return state;
}
