/**
 * - `workflow-task-fails`: the workflow's task fails or times out again and again, so it does nothing at all
 * - `workflow-gone`: the workflow was terminated or failed, and none runs
 * - `overdue`: the account's next deadline has passed and nothing was saved since
 * - `event-not-acted-on`: an event of Stripe was accepted, and the account has not acted on it
 * - `set-aside`: PostgreSQL refused part of a save for what it says
 */
export const TROUBLE_KINDS = [
  'workflow-task-fails',
  'workflow-gone',
  'overdue',
  'event-not-acted-on',
  'set-aside',
] as const;
export type TroubleKind = (typeof TROUBLE_KINDS)[number];

/** What is wrong with one account, or with a workflow that serves all. Nothing personal. */
export interface Trouble {
  kind: TroubleKind;
  /** `null`: of no account, such as the reconciliation. */
  accountId: string | null;
  /** Of what: an id of a workflow, or of an account. */
  about: string;
  /** ISO, wall time. `null`: not known. */
  since: string | null;
  /** For people: what was seen, and its likely cause. */
  detail: string;
  /** For people: the command or the step that ends it. */
  cure: string;
}

/** What was found at one look. */
export interface Troubles {
  /** The oldest 100 of each kind. */
  found: Trouble[];
  /** Of all, by kind; 10,000 at most. `null`: it could not be looked at. */
  counts: Record<TroubleKind, number | null>;
}

/** How many troubles of each kind are listed. */
export const MOST_LISTED = 100;
/** A deadline or an event may take so long before it counts as trouble. */
export const LATE_AFTER_MINUTES = 5;

/** What each kind means, as a heading. */
export const TROUBLE_TITLES: Record<TroubleKind, string> = {
  'workflow-task-fails': 'Workflow tasks that fail',
  'workflow-gone': 'Workflows that are gone',
  overdue: 'Overdue accounts',
  'event-not-acted-on': 'Events accepted and not acted on',
  'set-aside': 'Rows that were set aside',
};

export function isInTrouble({ counts }: Troubles): boolean {
  return TROUBLE_KINDS.some((kind) => (counts[kind] ?? 0) > 0);
}
