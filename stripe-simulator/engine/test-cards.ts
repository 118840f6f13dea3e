/** When a card asks its holder to authenticate. https://docs.stripe.com/testing#regulatory-cards */
export type ThreeDSecure =
  /** Never. */
  | 'none'
  /** Always while its holder is there; off-session only until it has been set up. */
  | 'unless-set-up'
  /** While its holder is there; never off-session. */
  | 'on-session'
  /** Always. */
  | 'always';

/** One of Stripe's test cards. https://docs.stripe.com/testing */
export interface TestCard {
  number: string;
  /** PaymentMethods that stand for it, Stripe's own name first. */
  paymentMethods: readonly string[];
  token: string;
  brand: 'visa' | 'mastercard' | 'amex' | 'discover';
  funding: 'credit' | 'debit';
  /** `attach`: attaching is refused. `charge`: attaches, and every charge is refused. */
  declines: 'never' | 'attach' | 'charge';
  /** https://docs.stripe.com/error-codes */
  code: CardErrorCode;
  /** https://docs.stripe.com/declines/codes */
  declineCode: string;
  threeDSecure: ThreeDSecure;
  /** What becomes of each charge: a dispute over it, for this reason. https://docs.stripe.com/testing#disputes */
  disputed: { reason: string; inquiry: boolean } | null;
  /** For people who choose a card on a page. */
  hint: string;
}

export type CardErrorCode = 'card_declined' | 'expired_card' | 'incorrect_cvc' | 'processing_error';

/** https://docs.stripe.com/testing: cards by brand, declined payments, disputes, 3D Secure. */
export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', ['pm_card_visa'], 'tok_visa', 'works'),
  card('4000056655665556', ['pm_card_visa_debit'], 'tok_visa_debit', 'works', { funding: 'debit' }),
  card('5555555555554444', ['pm_card_mastercard'], 'tok_mastercard', 'works', { brand: 'mastercard' }),
  card('378282246310005', ['pm_card_amex'], 'tok_amex', 'works', { brand: 'amex' }),
  card('6011111111111117', ['pm_card_discover'], 'tok_discover', 'works', { brand: 'discover' }),
  card('4000000000000341', ['pm_card_chargeCustomerFail'], 'tok_chargeCustomerFail', 'can be saved, is declined', {
    declines: 'charge',
  }),
  declining('4000000000000002', ['pm_card_visa_chargeDeclined', 'pm_card_chargeDeclined'], 'generic_decline'),
  declining('4000000000009995', ['pm_card_visa_chargeDeclinedInsufficientFunds'], 'insufficient_funds'),
  declining('4000000000009987', ['pm_card_visa_chargeDeclinedLostCard'], 'lost_card'),
  declining('4000000000009979', ['pm_card_visa_chargeDeclinedStolenCard'], 'stolen_card'),
  declining('4000000000006975', ['pm_card_visa_chargeDeclinedVelocityLimitExceeded'], 'card_velocity_exceeded'),
  declining('4000000000000069', ['pm_card_chargeDeclinedExpiredCard'], 'expired_card', 'expired_card'),
  declining('4000000000000127', ['pm_card_chargeDeclinedIncorrectCvc'], 'incorrect_cvc', 'incorrect_cvc'),
  declining('4000000000000119', ['pm_card_chargeDeclinedProcessingError'], 'processing_error', 'processing_error'),
  card('4000002500003155', ['pm_card_authenticationRequiredOnSetup'], 'tok_threeDSecureOptional', '3D Secure once', {
    threeDSecure: 'unless-set-up',
  }),
  card('4000002760003184', ['pm_card_authenticationRequired'], 'tok_threeDSecureRequired', '3D Secure every time', {
    threeDSecure: 'always',
  }),
  card(
    '4000003800000446',
    ['pm_card_authenticationRequiredSetupForOffSession'],
    'tok_threeDSecureSetUp',
    '3D Secure in person',
    { threeDSecure: 'on-session' },
  ),
  card(
    '4000008260003178',
    ['pm_card_authenticationRequiredChargeDeclinedInsufficientFunds'],
    'tok_threeDSecureInsufficientFunds',
    '3D Secure, then insufficient funds',
    { threeDSecure: 'always', declines: 'charge', declineCode: 'insufficient_funds' },
  ),
  card('4000000000000259', ['pm_card_createDispute'], 'tok_createDispute', 'is disputed as fraud', {
    disputed: { reason: 'fraudulent', inquiry: false },
  }),
  card(
    '4000000000002685',
    ['pm_card_createDisputeProductNotReceived'],
    'tok_createDisputeProductNotReceived',
    'is disputed as not received',
    { disputed: { reason: 'product_not_received', inquiry: false } },
  ),
  card('4000000000001976', ['pm_card_createDisputeInquiry'], 'tok_createDisputeInquiry', 'is inquired about', {
    disputed: { reason: 'fraudulent', inquiry: true },
  }),
];

export function testCardOfPaymentMethod(id: string): TestCard | undefined {
  return TEST_CARDS.find((each) => each.paymentMethods.includes(id));
}

export function testCardOfToken(token: string): TestCard | undefined {
  return TEST_CARDS.find((each) => each.token === token);
}

/** @param number with blanks or dashes, or without */
export function testCardOfNumber(number: string): TestCard | undefined {
  return TEST_CARDS.find((each) => each.number === number.replaceAll(/[ -]/g, ''));
}

/** What people read and type. */
export function spacedNumber({ number, brand }: TestCard): string {
  if (brand === 'amex') return `${number.slice(0, 4)} ${number.slice(4, 10)} ${number.slice(10)}`;
  return number.replace(/(\d{4})(?=\d)/g, '$1 ');
}

/** What a person is told, as Stripe's messages say it. https://docs.stripe.com/declines/codes */
export function declineMessage({ code, declineCode }: Pick<TestCard, 'code' | 'declineCode'>): string {
  if (code === 'expired_card') return 'Your card has expired.';
  if (code === 'incorrect_cvc') return "Your card's security code is incorrect.";
  if (code === 'processing_error') return 'An error occurred while processing your card. Try again in a little bit.';
  if (declineCode === 'insufficient_funds') return 'Your card has insufficient funds.';
  return 'Your card was declined.';
}

function declining(
  number: string,
  paymentMethods: readonly string[],
  declineCode: string,
  code: CardErrorCode = 'card_declined',
): TestCard {
  const [, name = ''] = /pm_card_(?:visa_)?(.+)/.exec(paymentMethods[0] ?? '') ?? [];
  return card(number, paymentMethods, `tok_${name}`, `is declined: ${declineCode.replaceAll('_', ' ')}`, {
    declines: 'attach',
    declineCode,
    code,
  });
}

function card(
  number: string,
  paymentMethods: readonly string[],
  token: string,
  hint: string,
  rest: Partial<TestCard> = {},
): TestCard {
  return {
    number,
    paymentMethods,
    token,
    hint,
    brand: 'visa',
    funding: 'credit',
    declines: 'never',
    code: 'card_declined',
    declineCode: 'generic_decline',
    threeDSecure: 'none',
    disputed: null,
    ...rest,
  };
}
