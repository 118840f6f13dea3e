/** One of Stripe's test cards. https://docs.stripe.com/testing#cards */
export interface TestCard {
  number: string;
  /** Tokens that stand for it. */
  paymentMethod: string;
  token: string;
  brand: 'visa' | 'mastercard' | 'amex';
  /** `attach`: attaching is refused. `charge`: attaches, and every charge is refused. */
  declines: 'never' | 'attach' | 'charge';
  declineCode: string;
}

const CARDS: readonly TestCard[] = [
  card('4242424242424242', 'pm_card_visa', 'tok_visa', 'visa', 'never'),
  card('5555555555554444', 'pm_card_mastercard', 'tok_mastercard', 'mastercard', 'never'),
  card('378282246310005', 'pm_card_amex', 'tok_amex', 'amex', 'never'),
  card('4000000000000341', 'pm_card_chargeCustomerFail', 'tok_chargeCustomerFail', 'visa', 'charge'),
  card('4000000000000002', 'pm_card_chargeDeclined', 'tok_chargeDeclined', 'visa', 'attach'),
];

export function testCardOfPaymentMethod(id: string): TestCard | undefined {
  return CARDS.find((each) => each.paymentMethod === id);
}

export function testCardOfToken(token: string): TestCard | undefined {
  return CARDS.find((each) => each.token === token);
}

export function testCardOfNumber(number: string): TestCard | undefined {
  return CARDS.find((each) => each.number === number.replaceAll(/[ -]/g, ''));
}

function card(
  number: string,
  paymentMethod: string,
  token: string,
  brand: TestCard['brand'],
  declines: TestCard['declines'],
): TestCard {
  return { number, paymentMethod, token, brand, declines, declineCode: 'generic_decline' };
}
