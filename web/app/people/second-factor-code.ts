/** A code as it was typed, and where it is checked: six digits are an authenticator's, anything else is a backup code. */
export function secondFactorOf(typed: string): { path: string; code: string } {
  const code = typed.replace(/\s/g, '');
  return /^\d{6}$/.test(code)
    ? { path: '/api/auth/two-factor/verify-totp', code }
    : { path: '/api/auth/two-factor/verify-backup-code', code };
}
