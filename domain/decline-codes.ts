/** What a customer can do about a declined card. */
export interface DeclineAdvice {
  advice: string;
  /** The same card may work later, or once something was done. */
  retryable: boolean;
  /** The code that a customer may see: the bank's suspicion of theft or fraud is never told. */
  shownAs: string | null;
}

const CALL = 'Ask your bank why, or use another card.';
const OTHER_CARD = 'Use another card.';
const LATER = 'Try again in a moment. If it is declined again, ask your bank or use another card.';
const CORRECT = (what: string) => `Enter the card again, with the right ${what}.`;

type Advice = readonly [advice: string, retryable: boolean];

/** Stripe's decline codes. https://docs.stripe.com/declines/codes */
const ADVICE: Record<string, Advice> = {
  approve_with_id: [LATER, true],
  authentication_not_handled: ['Confirm the payment with your bank when you are asked to.', true],
  authentication_required: ['Your bank wants you to confirm the payment: pay again and follow its steps.', true],
  call_issuer: [CALL, false],
  card_not_supported: ['The card can not be used for this. Ask your bank, or use another card.', false],
  card_velocity_exceeded: ['The limit of the card is reached. Ask your bank, or use another card.', true],
  currency_not_supported: ['The card can not pay in this currency. Use another card.', false],
  do_not_honor: [CALL, false],
  do_not_try_again: [CALL, false],
  duplicate_transaction: ['The same amount was paid a moment ago. Look at your account before you pay again.', false],
  expired_card: ['The card has expired. Use another card.', false],
  generic_decline: [CALL, false],
  incorrect_address: [CORRECT('address'), true],
  incorrect_cvc: [CORRECT('security code'), true],
  incorrect_number: [CORRECT('number'), true],
  incorrect_pin: [CORRECT('PIN'), true],
  incorrect_zip: [CORRECT('postal code'), true],
  insufficient_funds: ['There is not enough money on the card. Use another card, or try again later.', true],
  invalid_account: [CALL, false],
  invalid_amount: ['Your bank does not allow this amount. Ask your bank, or use another card.', false],
  invalid_cvc: [CORRECT('security code'), true],
  invalid_expiry_month: [CORRECT('month of expiry'), true],
  invalid_expiry_year: [CORRECT('year of expiry'), true],
  invalid_number: [CORRECT('number'), true],
  invalid_pin: [CORRECT('PIN'), true],
  issuer_not_available: [LATER, true],
  mobile_device_authentication_required: ['Your bank wants you to confirm the payment on your phone: pay again.', true],
  new_account_information_available: ['The card has new details. Enter it again, or use another card.', false],
  no_action_taken: [CALL, false],
  not_permitted: [CALL, false],
  offline_pin_required: [OTHER_CARD, false],
  online_or_offline_pin_required: [OTHER_CARD, false],
  pin_try_exceeded: ['The PIN was wrong too often. Use another card.', false],
  processing_error: [LATER, true],
  reenter_transaction: [LATER, true],
  revocation_of_all_authorizations: [CALL, false],
  revocation_of_authorization: [CALL, false],
  security_violation: [CALL, false],
  service_not_allowed: [CALL, false],
  stop_payment_order: [CALL, false],
  testmode_decline: ['This is a test card. Use a real one.', false],
  transaction_not_allowed: [CALL, false],
  try_again_later: [LATER, true],
  withdrawal_count_limit_exceeded: ['The limit of the card is reached. Use another card.', true],
};

/** Codes that look like any other decline to whoever tries the card. */
const NOT_TOLD = new Set([
  'fraudulent',
  'highest_risk_level',
  'elevated_risk_level',
  'lost_card',
  'merchant_blacklist',
  'pickup_card',
  'restricted_card',
  'stolen_card',
]);

/** Every code that is known, for tests and documents. */
export const DECLINE_CODES: readonly string[] = [...Object.keys(ADVICE), ...NOT_TOLD].sort();

/** What to do about a declined card. The list is open: a code that is not known gets the advice of a plain decline. */
export function adviceOn(declineCode: string | null): DeclineAdvice {
  const known = declineCode !== null && Object.hasOwn(ADVICE, declineCode) ? ADVICE[declineCode] : undefined;
  if (known) return { advice: known[0], retryable: known[1], shownAs: declineCode };
  const isTold = declineCode !== null && declineCode !== 'card_declined' && !NOT_TOLD.has(declineCode);
  return { advice: CALL, retryable: false, shownAs: isTold ? declineCode : null };
}
