/** gRPC codes that say something about one request and nothing about the server: INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION. */
const ABOUT_THE_REQUEST = new Set([3, 6, 9]);

/**
 * Whether an error of the Temporal client means that the server, its namespace or our right to it is not available:
 * any other request would fail as well. An answer about one workflow (not found, refused) does not.
 */
export function isTemporalUnavailable(error: unknown): boolean {
  const code = grpcCodeOf(error);
  return code !== undefined && !ABOUT_THE_REQUEST.has(code);
}

/** The gRPC status code of an error or of what caused it. */
export function grpcCodeOf(error: unknown, depth = 0): number | undefined {
  if (typeof error !== 'object' || error === null || depth > 5) return undefined;
  const { code, details, cause } = error as Record<string, unknown>;
  if (typeof code === 'number' && details !== undefined) return code;
  return grpcCodeOf(cause, depth + 1);
}
