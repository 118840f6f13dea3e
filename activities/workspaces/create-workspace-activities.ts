import type { WorkspaceActivities } from '#activities/contracts.ts';
import { asActivity } from './as-activity.ts';
import type { ConvergeWorkspace } from './converge-workspace.ts';
import type { WorkspaceMover } from './move-workspace.ts';

/**
 * The activities of a host's own queue.
 *
 * @param converge the one that the host's reconciler uses: it serialises
 */
export function createWorkspaceActivities(converge: ConvergeWorkspace, mover: WorkspaceMover): WorkspaceActivities {
  return {
    convergeWorkspace: (input) => asActivity((attempt) => converge(input, attempt)),
    receiveWorkspace: (input) => asActivity((attempt) => mover.receive(input, attempt)),
    removeLeftOver: (input) => asActivity((attempt) => mover.removeLeftOver(input, attempt)),
  };
}
