/**
 * What of better-auth can be reached over HTTP, below `/api/auth`: what people need in a browser to prove who they are.
 * Organisations, keys, other ways to change a person and everything that a later version adds are not in it and answer 404.
 */
export const OPEN_ENDPOINTS = [
  ['POST', '/sign-up/email'],
  ['POST', '/sign-in/email'],
  ['POST', '/sign-out'],
  ['GET', '/get-session'],
  ['POST', '/verify-email'],
  ['POST', '/send-verification-email'],
  ['POST', '/request-password-reset'],
  ['POST', '/reset-password'],
  ['POST', '/update-user'],
  ['POST', '/change-password'],
  ['POST', '/two-factor/enable'],
  ['POST', '/two-factor/disable'],
  ['POST', '/two-factor/verify-totp'],
  ['POST', '/two-factor/verify-backup-code'],
  ['POST', '/two-factor/generate-backup-codes'],
  ['GET', '/list-sessions'],
  ['POST', '/revoke-session'],
  ['POST', '/revoke-sessions'],
  ['POST', '/revoke-other-sessions'],
] as const;

/** Reachable as well when a sign-in at another service is offered. */
export const OPEN_ENDPOINTS_OF_PROVIDERS = [
  ['POST', '/sign-in/social'],
  ['GET', '/callback/:id'],
] as const;
