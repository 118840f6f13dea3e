import type { AccountState, Debt, GoverningSubscription, Hold, Standing } from './account-state.ts';
import type { Plan, WorkspaceSize } from './catalog.ts';
import type { Instant } from './time.ts';
import type { Upcoming } from './timeline.ts';

/** A word that people understand for what a workspace does right now. */
export type WorkspaceStatus = 'running' | 'starting' | 'stopped' | 'stopping' | 'suspended' | 'failed' | 'deleted';

export interface WorkspaceView {
  id: string;
  name: string;
  hostId: string;
  status: WorkspaceStatus;
  /** Why it is suspended or failed. */
  reason: string | null;
  ownerWants: 'running' | 'stopped';
  size: WorkspaceSize;
  containerId: string | null;
  /** The owner may press Start (never under a hold), or Stop (under a hold as well: then nothing starts when it is lifted). */
  canStart: boolean;
  canStop: boolean;
}

/** What an account's page and its API answer show. */
export interface AccountView {
  accountId: string;
  version: number;
  /** The account's own time when the view was made. */
  now: Instant;
  plan: Pick<Plan, 'id' | 'name'> & { size: WorkspaceSize };
  standing: Standing;
  standingSince: Instant;
  subscription: GoverningSubscription | null;
  paymentMethod: AccountState['paymentMethod'];
  debt: Debt | null;
  holds: Hold[];
  /** What happens next, earliest first. */
  upcoming: Upcoming[];
  workspaces: WorkspaceView[];
}
