/** A webhook as Stripe sent it: its raw bytes and its signature. */
export interface Letter {
  type: string;
  /** When it happened, by the customer's clock. */
  at: string;
  body: Buffer;
  signature: string;
}
