/** The folder that calls of Stripe's client are written into in tests, one file for each simulator; `null` writes none. */
export function recordingFolder(env: NodeJS.ProcessEnv = process.env): string | null {
  return env.STRIPE_RECORDING || null;
}
