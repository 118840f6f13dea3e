import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { RefusalReason } from './refusal-reason.ts';

/** Every reason for which the API refuses. Stable: clients may branch on it. */
export type ProblemCode =
  | 'account-closing'
  | 'account-deleting'
  | 'account-not-found'
  | 'account-suspended'
  | 'billing-busy'
  | 'billing-off'
  | 'body-too-large'
  | 'card-declined'
  | 'checkout-over'
  | 'content-type-unsupported'
  | 'customer-already-linked'
  | 'database-unavailable'
  | 'debt-first'
  | 'email-not-verified'
  | 'event-invalid'
  | 'forbidden'
  | 'free-accounts-limit'
  | 'free-room-taken'
  | 'host-unreachable'
  | 'inbox-full'
  | 'internal-error'
  | 'idempotency-key-reused'
  | 'invitation-closed'
  | 'invitation-for-another'
  | 'invitation-not-found'
  | 'invoice-not-found'
  | 'invoice-not-open'
  | 'key-expired'
  | 'key-invalid'
  | 'key-not-found'
  | 'key-revoked'
  | 'last-owner'
  | 'last-payment-method'
  | 'loopback-only'
  | 'no-customer'
  | 'move-too-late'
  | 'no-host'
  | 'no-move-planned'
  | 'no-subscription'
  | 'member-already'
  | 'member-not-found'
  | 'not-confirmed'
  | 'not-recorded'
  | 'not-found'
  | 'not-in-grace'
  | 'nothing-to-undo'
  | 'offer-not-found'
  | 'offer-refused'
  | 'organisation-needed'
  | 'organisation-not-found'
  | 'organisations-not-offered'
  | 'origin-not-trusted'
  | 'plan-limit'
  | 'plugin-timeout'
  | 'owns-organisations'
  | 'password-unfit'
  | 'password-wrong'
  | 'payment-method-not-found'
  | 'payment-pending'
  | 'person-needed'
  | 'person-not-found'
  | 'price-missing'
  | 'rate-limited'
  | 'request-invalid'
  | 'role-missing'
  | 'scope-missing'
  | 'second-factor-failed'
  | 'second-factor-timed-out'
  | 'session-not-fresh'
  | 'signature-invalid'
  | 'signature-too-old'
  | 'sign-in-failed'
  | 'stripe-busy'
  | 'stripe-failed'
  | 'stripe-refused'
  | 'stripe-unavailable'
  | 'subscription-exists'
  | 'subscription-not-found'
  | 'temporal-unavailable'
  | 'token-invalid'
  | 'too-many-deleted'
  | 'unauthenticated'
  | 'workspace-answer-refused'
  | 'workspace-deleted'
  | 'workspace-has-no-room'
  | 'workspace-name-taken'
  | 'workspace-not-found'
  | 'workspace-not-running'
  | 'workspace-over-storage';

export interface ProblemOptions {
  /** Further members of the answer, such as an amount. */
  data?: Record<string, unknown>;
  /** Seconds after which trying again makes sense; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** As what operators count it. Default: by the status. */
  refusal?: RefusalReason;
  cause?: unknown;
}

/** A refusal that a client gets to read as `application/problem+json` (RFC 9457). Thrown anywhere, mapped once in `onError`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ContentfulStatusCode;
  readonly code: ProblemCode;
  readonly title: string;
  readonly data: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;
  readonly refusal: RefusalReason | undefined;

  /**
   * @param title what is wrong, the same for every occurrence of `code`
   * @param detail this occurrence, and what to do about it
   */
  constructor(
    status: ContentfulStatusCode,
    code: ProblemCode,
    title: string,
    detail: string,
    options: ProblemOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.title = title;
    this.data = options.data ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.refusal = options.refusal;
  }
}
