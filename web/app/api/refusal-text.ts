/**
 * A refused Start or Stop, for people at a screen. The API's own words also tell programs about headers and addresses;
 * where they do, ours are used.
 */
export function refusalText(problem: { code: string; detail: string }): string {
  return WORDS[problem.code] ?? problem.detail;
}

const WORDS: Record<string, string> = {
  'workspace-suspended': 'It can’t be started while it is suspended. “Pay now” above brings it back.',
  'not-confirmed':
    'Nobody has confirmed that yet. Watch the status, and press again in a moment if it does not change.',
  'temporal-unavailable': 'That could not be recorded right now. Please try again in a moment.',
};
