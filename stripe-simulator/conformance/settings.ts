/** The folder that tests write the calls of their clients into, one file for each simulator; `null` writes none. */
export function recordingFolder(env: NodeJS.ProcessEnv = process.env): string | null {
  return env.STRIPE_RECORDING || null;
}
