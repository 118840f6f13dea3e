/**
 * A refusal, for people at a screen. The API's own words also tell programs about headers and addresses; where they do,
 * ours are used.
 */
export function refusalText(problem: { code: string; detail: string }): string {
  return WORDS[problem.code] ?? problem.detail;
}

const SUSPENDED = 'Nothing can be started or added while the account is suspended. “Pay now” above brings it back.';

const WORDS: Record<string, string> = {
  'workspace-suspended': SUSPENDED,
  'account-suspended': SUSPENDED,
  'not-confirmed':
    'Nobody has confirmed that yet. Watch the status, and press again in a moment if it does not change.',
  'temporal-unavailable': 'That could not be recorded right now. Please try again in a moment.',
};
