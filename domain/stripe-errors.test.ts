import { expect, test } from 'vitest';
import { adviceOn, DECLINE_CODES } from './decline-codes.ts';
import { billingErrorOf } from './stripe-errors.ts';

test.each([
  ['a card error', { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' }, 'CARD_DECLINED'],
  ["the library's card error", { type: 'StripeCardError', code: 'expired_card' }, 'CARD_DECLINED'],
  ['too many requests', { type: 'invalid_request_error', statusCode: 429 }, 'RATE_LIMIT'],
  ['a lock', { type: 'invalid_request_error', code: 'lock_timeout', statusCode: 429 }, 'RATE_LIMIT'],
  ['a bad parameter', { type: 'invalid_request_error', statusCode: 400 }, 'INVALID_REQUEST'],
  ['a key used twice', { type: 'idempotency_error', statusCode: 400 }, 'INVALID_REQUEST'],
  ['a wrong key', { type: 'StripeAuthenticationError', statusCode: 401 }, 'INVALID_REQUEST'],
  ['a failure of theirs', { type: 'api_error', statusCode: 500 }, 'API_ERROR'],
  ['no answer', { type: 'StripeConnectionError' }, 'API_ERROR'],
  ['a status of 503 with a page', { statusCode: 503 }, 'API_ERROR'],
  ['something else', new Error('boom'), 'UNKNOWN_ERROR'],
  ['nothing', undefined, 'UNKNOWN_ERROR'],
])('%s is said to people as one of five codes with a sentence and an advice', (_what, error, code) => {
  const said = billingErrorOf(error);
  expect(said).toMatchObject({ code, message: expect.stringMatching(/\.$/), advice: expect.stringMatching(/\.$/) });
  expect(JSON.stringify(said)).not.toContain('boom');
});

test('the advice on a declined card is that of its decline code, else of its code', () => {
  const card = { type: 'card_error', code: 'card_declined' };
  expect(billingErrorOf({ ...card, decline_code: 'insufficient_funds' })).toMatchObject({
    advice: expect.stringContaining('not enough money'),
    declineCode: 'insufficient_funds',
    retryable: true,
  });
  expect(billingErrorOf({ type: 'card_error', code: 'incorrect_cvc' }).advice).toContain('security code');
  expect(billingErrorOf({ ...card, decline_code: 'some_day' })).toMatchObject({ declineCode: 'some_day' });
});

test.each(['lost_card', 'stolen_card', 'fraudulent', 'pickup_card', 'merchant_blacklist'])(
  'that a bank takes a card for %s is told to nobody',
  (code) => {
    const said = billingErrorOf({ type: 'card_error', code: 'card_declined', decline_code: code });
    expect(said).toEqual(billingErrorOf({ type: 'card_error', code: 'card_declined', decline_code: null }));
  },
);

test('every decline code that is known has an advice', () => {
  expect(DECLINE_CODES.length).toBeGreaterThan(45);
  for (const code of DECLINE_CODES) expect(adviceOn(code).advice).toMatch(/\.$/);
});
