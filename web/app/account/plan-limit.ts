/** A limit of the plan that was reached, for people. */
export interface PlanLimitNote {
  /** `Workspace limit reached. Upgrade to Pro.` */
  text: string;
  /** `1 of 1 in use`; `null` where the text says the numbers, or they say nothing. */
  used: string | null;
}

/** Reads a limit off a refusal; `null` when it is none. */
export function planLimitOf(code: string, told: Readonly<Record<string, unknown>>): PlanLimitNote | null {
  if (code !== 'plan-limit') return null;
  const { message, detail, used, max } = told;
  const text =
    typeof detail === 'string' ? detail : typeof message === 'string' ? message : 'The plan does not allow it.';
  const counts = typeof used === 'number' && typeof max === 'number' && told.limit === 'workspaces' && !/\d/.test(text);
  return { text, used: counts ? `${used} of ${max} in use` : null };
}
