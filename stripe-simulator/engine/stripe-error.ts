export type StripeErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';

export interface StripeErrorBody {
  type: StripeErrorType;
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  doc_url?: string;
  payment_intent?: object;
  setup_intent?: object;
  payment_method?: object;
}

/** An error as Stripe's API answers it: a status and an envelope. https://docs.stripe.com/api/errors */
export class StripeError extends Error {
  override readonly name = 'StripeError';
  readonly status: number;
  readonly body: StripeErrorBody;

  constructor(status: number, body: StripeErrorBody) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

/** 400: the request is at fault. */
export function invalidRequest(message: string, param?: string, code?: string): StripeError {
  return new StripeError(400, {
    type: 'invalid_request_error',
    message,
    ...(param ? { param } : {}),
    ...(code ? { code } : {}),
  });
}

/** 400: what is asked for exists at Stripe and not in the simulator, which says so and does nothing. */
export function notSimulated(what: string, param?: string): StripeError {
  return invalidRequest(`The Stripe simulator does not implement ${what}; nothing was done.`, param, 'not_simulated');
}

/** An id that names nothing: 404 where it is the address, 400 where it is a parameter. */
export function noSuch(kind: string, id: string, param: string): StripeError {
  return new StripeError(param === 'id' ? 404 : 400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message: `No such ${kind}: '${id}'`,
    param,
  });
}
