import type { Metadata, Price, Subscription } from './objects.ts';

/** What is bought in Checkout. https://docs.stripe.com/api/checkout/sessions/line_items */
export interface LineItem {
  id: string;
  object: 'item';
  adjustable_quantity: null;
  amount_discount: 0;
  amount_subtotal: number;
  amount_tax: 0;
  amount_total: number;
  currency: string;
  description: string;
  metadata: Metadata;
  price: Price;
  quantity: number | null;
}

/** https://docs.stripe.com/api/checkout/sessions/object */
export interface CheckoutSession {
  id: string;
  object: 'checkout.session';
  adaptive_pricing: null;
  after_expiration: null;
  allow_promotion_codes: null;
  allowed_payment_method_types: null;
  amount_subtotal: number;
  amount_total: number;
  automatic_tax: { enabled: false; liability: null; provider: null; status: null };
  billing_address_collection: 'auto' | 'required' | null;
  cancel_url: string | null;
  client_reference_id: string | null;
  client_secret: null;
  collected_information: null;
  consent: null;
  consent_collection: null;
  created: number;
  currency: string;
  currency_conversion: null;
  custom_fields: [];
  custom_text: { after_submit: null; shipping_address: null; submit: null; terms_of_service_acceptance: null };
  customer: string | null;
  customer_account: null;
  customer_creation: 'always' | null;
  customer_details: {
    address: null;
    business_name: null;
    email: string | null;
    individual_name: null;
    name: string | null;
    phone: null;
    tax_exempt: 'none';
    tax_ids: null;
  } | null;
  customer_email: string | null;
  discounts: [];
  expires_at: number;
  integration_identifier: null;
  invoice: string | null;
  invoice_creation: null;
  livemode: false;
  locale: string | null;
  managed_payments: null;
  metadata: Metadata;
  mode: 'subscription';
  optional_items: null;
  origin_context: null;
  payment_intent: null;
  payment_link: null;
  payment_method_collection: 'always' | 'if_required';
  payment_method_configuration_details: null;
  payment_method_options: Record<string, never>;
  payment_method_types: ['card'];
  payment_status: 'no_payment_required' | 'paid' | 'unpaid';
  permissions: null;
  phone_number_collection: { enabled: false };
  recovered_from: null;
  saved_payment_method_options: null;
  setup_intent: null;
  shipping_address_collection: null;
  shipping_cost: null;
  shipping_options: [];
  status: 'complete' | 'expired' | 'open';
  submit_type: null;
  subscription: string | null;
  success_url: string;
  total_details: { amount_discount: 0; amount_shipping: 0; amount_tax: 0 };
  ui_mode: 'hosted_page';
  url: string | null;
  wallet_options: null;
}

/** What a Checkout session will make. */
export interface Checkout {
  lineItems: LineItem[];
  subscription: {
    metadata?: Metadata | null | undefined;
    description?: string | null | undefined;
    trial_period_days?: number | undefined;
    trial_end?: number | undefined;
    trial_settings?: Subscription['trial_settings'] | undefined;
    billing_mode?: { type: 'classic' | 'flexible' } | undefined;
  };
  /** What the holder of a card that is being authenticated has filled in. */
  waiting: { email: string; name: string | null } | null;
}

export type PortalFlowType =
  | 'payment_method_update'
  | 'subscription_cancel'
  | 'subscription_update'
  | 'subscription_update_confirm';

/** https://docs.stripe.com/api/customer_portal/sessions/object#portal_session_object-flow */
export interface PortalFlow {
  after_completion: {
    hosted_confirmation: { custom_message: string | null } | null;
    redirect: { return_url: string } | null;
    type: 'hosted_confirmation' | 'portal_homepage' | 'redirect';
  };
  customer_update: null;
  subscription_cancel: { retention: null; subscription: string } | null;
  subscription_pause: null;
  subscription_update: { subscription: string } | null;
  subscription_update_confirm: {
    discounts: null;
    items: { id: string; price: string | null; quantity?: number }[];
    subscription: string;
  } | null;
  type: PortalFlowType;
}

/** https://docs.stripe.com/api/customer_portal/sessions/object */
export interface PortalSession {
  id: string;
  object: 'billing_portal.session';
  configuration: string;
  created: number;
  customer: string;
  customer_account: null;
  flow: PortalFlow | null;
  livemode: false;
  locale: string | null;
  on_behalf_of: null;
  return_url: string | null;
  url: string;
}

export interface PortalPage {
  session: string;
  /** Wall time in ms until which it can be opened. */
  validUntilMs: number;
}
