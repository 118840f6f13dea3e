import type { Hold, StorageUse, WorkspaceState } from './account-state.ts';
import { countText } from './size-words.ts';
import type { Instant } from './time.ts';

/** So long a workspace that is over its storage may run when its owner asks for it, so that room can be made. */
export const MAKE_ROOM_MS = 30 * 60_000;

/**
 * The hold of a workspace that uses more storage than it has, by what its host measured last. It lifts by itself: when its
 * host says that all is well, or when the workspace has been given more than it uses.
 */
export function holdForStorage(workspace: WorkspaceState, now: Instant): Hold | null {
  const { storage, hold, makeRoomUntil, allocation } = workspace;
  if (!storage) return null;
  const limitMb = allocation?.storageMb ?? storage.limitMb;
  if (storage.usedMb <= limitMb || storage.state === 'ok') return null;
  if (makeRoomUntil !== null && now < makeRoomUntil) return null;
  // Between the limit and the point at which it is stopped, things stay as they are.
  if (storage.state === 'near') return hold;
  return { name: 'quota', since: hold?.since ?? now, reason: overText(storage, limitMb), automatic: true };
}

/** Said of a workspace that runs and has little storage left. */
export function storageNote({ storage, makeRoomUntil }: WorkspaceState): string | null {
  if (!storage || storage.state === 'ok') return null;
  const uses = `It uses ${countText(storage.usedMb)} MB of its ${countText(storage.limitMb)} MB of storage.`;
  if (makeRoomUntil !== null) return `${uses} It runs for a while so that you can delete what it does not need.`;
  return `${uses} It is stopped at a tenth more than that. Delete what it does not need, or give it more.`;
}

function overText({ usedMb }: StorageUse, limitMb: number): string {
  const uses = `Its data takes ${countText(usedMb)} MB and it has ${countText(limitMb)} MB of storage, so it was stopped.`;
  const minutes = MAKE_ROOM_MS / 60_000;
  return `${uses} Give it more storage, or recover it: it then runs for ${minutes} minutes so that you can delete what it does not need.`;
}
