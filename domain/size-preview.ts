import type { AccountState, WorkspaceState } from './account-state.ts';
import type { WorkspaceSize } from './catalog.ts';
import { CommandRefused, type PoolShortage, type RefusalCode } from './commands.ts';
import { countText, sizeText } from './size-words.ts';
import { addMs, type Instant } from './time.ts';
import { resizeWorkspace, sizeWords } from './workspace-commands.ts';
import { isSettled, sameSize } from './workspace-wishes.ts';

/** A shrink waits while more than this part of the new memory is in use: cgroup v2 would kill the process. */
export const SHRINK_HEADROOM = 0.85;
/** A size that has to wait is asked for again after this, and then less and less often. */
export const FIRST_RESIZE_RETRY_MS = 60_000;
/** From this part of its storage on a workspace is stopped. */
const STOPPED_FROM = 1.1;

export interface SizePreview {
  /**
   * `same`: nothing changes. `keeps-running`: it changes while it runs. `restarts`: it is down for a moment. `at-next-start`:
   * it is down. `deferred`: it keeps its size until it can have the new one. `refused`: the pool has no room, or the size
   * is useless.
   */
  outcome: 'same' | 'keeps-running' | 'restarts' | 'at-next-start' | 'deferred' | 'refused';
  from: WorkspaceSize;
  to: WorkspaceSize;
  /** For people, the most important first. */
  sentences: string[];
  /** Its programs can use the new memory only after a restart. */
  growsWithRestart: boolean;
  /** Of a deferred one: when it is tried again for the first time. */
  triedAgainAt: Instant | null;
  refusal: { code: RefusalCode; shortage: PoolShortage | null } | null;
}

/** What is known of the machine at the moment. */
export interface SizePreviewFigures {
  /** Working set in MB; `null` when it does not run or its host does not answer. */
  memoryUsedMb: number | null;
  /** The host's memory and what of it others leave, in MB; `null` when it is not known. */
  host: { memoryMb: number; freeMb: number; cpuPercent: number } | null;
}

/** What another size would mean for a workspace, before it is asked for. Pure; the answer may differ when things have moved on. */
export function previewSize(
  state: AccountState,
  wish: { workspaceId: string; size: WorkspaceSize; restart?: boolean | undefined },
  figures: SizePreviewFigures,
  now: Instant,
): SizePreview {
  const before = state.workspaces.find((each) => each.id === wish.workspaceId);
  if (!before)
    throw new CommandRefused('UnknownWorkspace', `There is no workspace ${wish.workspaceId} in this account.`);
  const from = (isSettled(before) ? before.observed?.size : null) ?? before.allocation ?? before.desired.size;
  const base = { from, to: wish.size, growsWithRestart: false, triedAgainAt: null, refusal: null };
  let after: AccountState;
  try {
    after = resizeWorkspace(state, { commandId: 'preview', ...wish }, now).state;
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    const refusal = { code: error.code, shortage: error.shortage ?? null };
    return { ...base, outcome: 'refused', sentences: [error.message], refusal };
  }
  const isUp = before.observed?.state === 'running' && before.desired.state === 'running';
  const waitsForStart = isUp && wish.restart !== true && wish.size.storageMb !== from.storageMb;
  const also = [
    ...(waitsForStart ? ['Where its host enforces the storage, the new one counts from its next start.'] : []),
    ...storageSentences(before, wish.size),
    ...othersSentences(before.id, state, after),
  ];
  if (sameSize(from, wish.size) && wish.restart !== true)
    return { ...base, outcome: 'same', sentences: ['It has this size already.', ...also] };

  const waits = waitSentence(from, wish.size, figures, isUp);
  const uses = usesSentence(from, wish.size, figures.memoryUsedMb);
  if (waits !== null) {
    const triedAgainAt = addMs(now, FIRST_RESIZE_RETRY_MS);
    return { ...base, outcome: 'deferred', triedAgainAt, sentences: [...uses, waits, ...also] };
  }
  if (!isUp)
    return {
      ...base,
      outcome: 'at-next-start',
      sentences: ['It is down: it has the new size when it starts.', ...also],
    };
  const grows = wish.size.memoryMb > from.memoryMb;
  if (wish.restart === true)
    return { ...base, outcome: 'restarts', sentences: ['It restarts: it is down for some seconds.', ...uses, ...also] };
  const later = grows ? ['Its programs use the new memory once they are restarted.'] : [];
  const sentences = ['It keeps running.', ...later, ...uses, ...also];
  return { ...base, outcome: 'keeps-running', growsWithRestart: grows, sentences };
}

function waitSentence(
  from: WorkspaceSize,
  to: WorkspaceSize,
  { memoryUsedMb, host }: SizePreviewFigures,
  runs: boolean,
): string | null {
  const isTight = runs && to.memoryMb < from.memoryMb && (memoryUsedMb ?? 0) > to.memoryMb * SHRINK_HEADROOM;
  if (isTight)
    return `It keeps ${sizeText('memoryMb', from.memoryMb)} until less is in use, and gets the new size then.`;
  if (!host) return null;
  if (to.memoryMb > from.memoryMb && to.memoryMb > host.freeMb) {
    const [all, free, needed] = [host.memoryMb, host.freeMb, to.memoryMb].map(countText);
    return `Its host has ${all} MB, ${free} MB of them free for it; ${needed} MB are needed. It keeps what it has until there is room.`;
  }
  if (to.cpuPercent > from.cpuPercent && to.cpuPercent > host.cpuPercent)
    return `Its host has ${sizeText('cpuPercent', host.cpuPercent)}; ${sizeText('cpuPercent', to.cpuPercent)} are needed. It keeps what it has until then.`;
  return null;
}

function usesSentence(from: WorkspaceSize, to: WorkspaceSize, usedMb: number | null): string[] {
  if (usedMb === null || to.memoryMb >= from.memoryMb) return [];
  return [`You use ${countText(Math.ceil(usedMb))} MB of the new ${countText(to.memoryMb)} MB.`];
}

function storageSentences({ storage }: WorkspaceState, { storageMb }: WorkspaceSize): string[] {
  if (!storage || storage.usedMb <= storageMb) return [];
  const uses = `Its data takes ${countText(storage.usedMb)} MB and it would have ${countText(storageMb)} MB of storage`;
  return storage.usedMb >= storageMb * STOPPED_FROM
    ? [`${uses}: it would be stopped until there is room.`]
    : [`${uses}: delete what it does not need.`];
}

/** A first workspace that has all that the others leave gives, or gets. */
function othersSentences(id: string, before: AccountState, after: AccountState): string[] {
  return after.workspaces.flatMap((each, index) => {
    const was = before.workspaces[index]?.allocation;
    const is = each.allocation;
    if (each.id === id || !was || !is || sameSize(was, is)) return [];
    return [`${each.name} then has ${sizeWords(is)}.`];
  });
}
