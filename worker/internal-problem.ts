import type { ContentfulStatusCode } from 'hono/utils/http-status';

export type InternalProblemCode =
  | 'body-too-large'
  | 'data-not-found'
  | 'engine-unavailable'
  | 'gateway-answer-refused'
  | 'gateway-timeout'
  | 'gateway-unreachable'
  | 'internal-error'
  | 'message-refused'
  | 'not-found'
  | 'request-invalid'
  | 'too-many-readers'
  | 'unauthenticated'
  | 'workspace-not-found'
  | 'workspace-not-running'
  | 'workspace-running';

/** A refusal of the internal endpoint, sent as `application/problem+json`. */
export class InternalProblem extends Error {
  override readonly name = 'InternalProblem';
  readonly status: ContentfulStatusCode;
  readonly code: InternalProblemCode;
  /** Further members of the answer. */
  readonly data: Record<string, unknown>;

  constructor(
    status: ContentfulStatusCode,
    code: InternalProblemCode,
    detail: string,
    data: Record<string, unknown> = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.data = data;
  }
}
