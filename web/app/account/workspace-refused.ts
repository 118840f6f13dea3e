import type { SizePreviewAnswer } from '#api/answers.ts';
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

/** What another size would mean; nothing is changed yet. */
export interface Previewed {
  workspaceId: string;
  intent: 'preview';
  preview: SizePreviewAnswer;
}

export type WorkspaceFormAnswer = Refused | Previewed;

/** The answer to a form that was refused, if it was. */
export function refusedIn(answer: WorkspaceFormAnswer | undefined): Refused | undefined {
  return answer && 'error' in answer ? answer : undefined;
}
