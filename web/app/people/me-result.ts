/** What a form of a person's own page came to. */
export interface MeResult {
  intent: string;
  done?: string;
  error?: string;
  /** What is wrong with the new password. */
  fault?: string;
  /** For an authenticator, while the second step is being set up. */
  totpUri?: string;
  /** Shown this once. */
  backupCodes?: string[];
}

/** Why a form was refused, for the form that it is about. */
export function refusedIn(result: MeResult | undefined, ...intents: string[]): { error: string } | null {
  return result?.error && intents.includes(result.intent) ? { error: result.error } : null;
}
