/**
 * The platform can't do what was asked, and the message says it to a person: what is missing and the ways out.
 * Commands print the message alone and exit 1.
 */
export class PlatformError extends Error {
  override readonly name = 'PlatformError';
}
