/** The key in an `otpauth:` address, in groups of four, as people type it; empty when there is none. */
export function totpSecretOf(totpUri: string): string {
  const secret = /[?&]secret=([A-Z2-7]+)/i.exec(totpUri)?.[1] ?? '';
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
