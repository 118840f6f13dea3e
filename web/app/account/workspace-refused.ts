import type { PlanLimitNote } from './plan-limit.ts';

/** What pressing a button of a workspace came to, when it was refused. */
export interface Refused {
  /** Empty when there is none yet. */
  workspaceId: string;
  intent: string;
  error: string;
  /** The name that was filled in. */
  name: string;
  /** When the plan does not allow it. */
  limit: PlanLimitNote | null;
}
