import type { WorkspaceState } from './account-state.ts';
import type { AllocationPolicy } from './allocation.ts';
import type { WorkspaceSize } from './catalog.ts';
import type { Entitlements } from './entitlements.ts';
import { sizeOfText, sizeText } from './size-words.ts';
import { allocateWorkspaces } from './workspace-wishes.ts';

const PARTS = ['memoryMb', 'cpuPercent', 'storageMb'] as const satisfies (keyof WorkspaceSize)[];

/** A workspace that would be smaller, or without room. */
export interface Misfit {
  workspaceId: string;
  name: string;
  from: WorkspaceSize | null;
  /** `null`: there is no room for it, so it stops. Its data is kept. */
  to: WorkspaceSize | null;
  /** For people, with both numbers. */
  note: string;
}

/** The workspaces that other entitlements would be too small for. Pure. */
export function misfitsOf(
  workspaces: readonly WorkspaceState[],
  entitlements: Entitlements,
  sharing: AllocationPolicy,
): Misfit[] {
  const shares = allocateWorkspaces(workspaces, entitlements, sharing);
  return workspaces.flatMap(({ id, name, desired, allocation: from }, index) => {
    const share = shares[index];
    const lost = PARTS.filter((part) => (share?.allocation?.[part] ?? 0) < (from?.[part] ?? 0));
    if (!share || !from || desired.state === 'deleted' || lost.length === 0) return [];
    const to = share.allocation;
    const smaller = lost.map(
      (part) => `${sizeText(part, to?.[part] ?? 0)} in place of ${sizeOfText(part, from[part])}`,
    );
    const note = to
      ? `${name} would have ${smaller.join(', ')}.`
      : (share.allocationNote ?? `There is no room for ${name}.`);
    return [{ workspaceId: id, name, from, to, note }];
  });
}
