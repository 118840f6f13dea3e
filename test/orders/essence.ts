import type { AccountState, WorkspaceState } from '#domain/account-state.ts';

/** What of an account's state has to be the same in whatever order things arrived: no instants, versions or generations. */
export function essenceOf(state: AccountState): object {
  return {
    standing: state.standing,
    plan: state.plan.id,
    customer: state.stripeCustomerId,
    holds: state.holds.map(({ name }) => name).sort(),
    overrides: state.overrides.map(({ id }) => id).sort(),
    addOns: state.addOns.map(({ addOnId }) => addOnId).sort(),
    closing: state.closing?.stage ?? null,
    outbox: state.outbox.map(({ kind }) => kind).sort(),
    workspaces: state.workspaces.map(essenceOfWorkspace),
  };
}

function essenceOfWorkspace(workspace: WorkspaceState): object {
  const { id, name, hostId, ownerWants, desired, observed, deletion, leftOn, move } = workspace;
  if (desired.state === 'deleted' || deletion) return { id, isDeleted: true };
  return {
    ...{ id, name, hostId, ownerWants, leftOn, move: move?.stage ?? null },
    ...{ desired: desired.state, size: desired.size, observed: observed?.state ?? null },
    isAsDesired: observed?.generation === desired.generation,
  };
}
