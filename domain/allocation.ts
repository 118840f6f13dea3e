import { type Catalog, type Pool, type Resources, UNLIMITED, type WorkspaceSize } from './catalog.ts';
import { sizeOfText, sizeText } from './size-words.ts';

const RESOURCES = ['memoryMb', 'cpuPercent', 'storageMb'] as const satisfies (keyof Resources)[];

/** Less than this is of no use to a workspace that wants more: it is not given rather than cut down so far. */
export const SMALLEST_SIZE: WorkspaceSize = { memoryMb: 128, cpuPercent: 10, storageMb: 256 };

/** Nothing: the size of a workspace that never had one. */
export const NO_SIZE: WorkspaceSize = { memoryMb: 0, cpuPercent: 0, storageMb: 0 };

export interface AllocationWish {
  id: string;
  name: string;
  /** What its owner asked for; `null` for what the plan gives by default. */
  asked: WorkspaceSize | null;
}

export interface AllocationPolicy {
  /** Size of the first workspace; absent: what the others leave of the pool. Others that ask for nothing get it too. */
  defaultAllocation?: WorkspaceSize | undefined;
  onShrink: Catalog['onShrink'];
}

/** How a pool is shared out on a plan. One that the catalog has dropped has no default size. */
export function sharingOf(catalog: Pick<Catalog, 'plans' | 'onShrink'>, planId: string): AllocationPolicy {
  const plan = catalog.plans.find((each) => each.id === planId);
  return { defaultAllocation: plan?.defaultAllocation, onShrink: catalog.onShrink };
}

export interface Allocation {
  id: string;
  /** `null`: there is no room for it. */
  size: WorkspaceSize | null;
  /** For people, with both numbers: why it has less than it should. */
  note: string | null;
}

interface Wanted {
  wish: AllocationWish;
  index: number;
  wants: WorkspaceSize | null;
}

/**
 * Shares a pool out to workspaces. Never gives more than the pool has.
 *
 * What is free is used up first; then, when the pool is too small for all, the newest (or the largest, as the policy says)
 * are cut down, and those for which nothing useful is left get nothing.
 *
 * @param pool `null` when the plan has no workspaces
 * @param workspaces oldest first
 * @returns in the order of `workspaces`
 */
export function allocate(
  pool: Pool | null,
  workspaces: readonly AllocationWish[],
  policy: AllocationPolicy,
): Allocation[] {
  if (!pool) return workspaces.map(({ id }) => ({ id, size: null, note: 'The plan has no workspaces.' }));
  const left: Resources = { memoryMb: pool.memoryMb, cpuPercent: pool.cpuPercent, storageMb: pool.storageMb };
  const allocated = new Map<string, Allocation>();
  for (const { wish, index, wants } of byClaim(pool, workspaces, policy)) {
    const { id, name } = wish;
    if (pool.workspaces !== UNLIMITED && index >= pool.workspaces) {
      const note = `${name} is workspace ${index + 1}; the plan allows ${pool.workspaces}.`;
      allocated.set(id, { id, size: null, note });
    } else if (!wants) {
      allocated.set(id, { id, size: null, note: `${name} has no size yet: the pool has no limit, so ask for one.` });
    } else {
      allocated.set(id, take(name, id, wants, left, pool));
    }
  }
  return workspaces.map(({ id }) => allocated.get(id) ?? { id, size: null, note: null });
}

/** What is left of a pool; `UNLIMITED` where it has no limit. */
export function leftOf(pool: Pool, sizes: readonly WorkspaceSize[]): Resources {
  const left = (part: keyof Resources) =>
    pool[part] === UNLIMITED ? UNLIMITED : Math.max(0, pool[part] - sizes.reduce((sum, size) => sum + size[part], 0));
  return { memoryMb: left('memoryMb'), cpuPercent: left('cpuPercent'), storageMb: left('storageMb') };
}

/**
 * What a further workspace may have without taking from the others; `UNLIMITED` where the pool has no limit. A first one
 * that asked for nothing, and gets what the others leave, is left `SMALLEST_SIZE`.
 *
 * @param workspaces oldest first, with their present shares
 */
export function roomFor(
  pool: Pool,
  workspaces: readonly (AllocationWish & { allocation: WorkspaceSize | null })[],
  { defaultAllocation }: AllocationPolicy,
): Resources {
  const kept = workspaces.map(({ asked, allocation }, index) => {
    const gives = index === 0 && asked === null && defaultAllocation === undefined;
    if (!gives || allocation === null) return allocation ?? NO_SIZE;
    return mapSize((part) => Math.min(allocation[part], SMALLEST_SIZE[part]));
  });
  return leftOf(pool, kept);
}

/** Who is cut down last comes first. */
function byClaim(pool: Pool, workspaces: readonly AllocationWish[], policy: AllocationPolicy): Wanted[] {
  const wanted = workspaces.map((wish, index) => ({ wish, index, wants: wantsOf(pool, index, workspaces, policy) }));
  if (policy.onShrink === 'newest-first') return wanted;
  const size = ({ wants }: Wanted) => wants?.memoryMb ?? 0;
  return wanted.sort((a, b) => size(a) - size(b) || a.index - b.index);
}

function wantsOf(
  pool: Pool,
  index: number,
  workspaces: readonly AllocationWish[],
  { defaultAllocation }: AllocationPolicy,
): WorkspaceSize | null {
  const asked = workspaces[index]?.asked ?? defaultAllocation;
  if (asked) return asked;
  if (RESOURCES.some((part) => pool[part] === UNLIMITED)) return null;
  if (index > 0) return SMALLEST_SIZE;
  const count = pool.workspaces === UNLIMITED ? workspaces.length : pool.workspaces;
  const others = workspaces.slice(1, count).map((each) => each.asked ?? SMALLEST_SIZE);
  const rest = leftOf(pool, others);
  return mapSize((part) => Math.max(rest[part], Math.min(SMALLEST_SIZE[part], pool[part])));
}

/** Takes out of `left` what a workspace wants, or as much of it as there is. */
function take(name: string, id: string, wants: WorkspaceSize, left: Resources, pool: Pool): Allocation {
  const size = mapSize((part) => (left[part] === UNLIMITED ? wants[part] : Math.min(wants[part], left[part])));
  const lacking = RESOURCES.find((part) => size[part] < Math.min(wants[part], SMALLEST_SIZE[part]));
  if (lacking) {
    const free = sizeText(lacking, left[lacking]);
    const note = `${name} needs ${sizeOfText(lacking, wants[lacking])}; ${free} of the pool's ${sizeText(lacking, pool[lacking])} is free.`;
    return { id, size: null, note };
  }
  for (const part of RESOURCES) if (left[part] !== UNLIMITED) left[part] -= size[part];
  const cut = RESOURCES.filter((part) => size[part] < wants[part]);
  const note = cut
    .map((part) => `${sizeText(part, size[part])} in place of ${sizeOfText(part, wants[part])}`)
    .join(', ');
  return { id, size, note: note === '' ? null : `${name} has ${note}: the pool has no more.` };
}

function mapSize(value: (part: keyof Resources) => number): WorkspaceSize {
  return { memoryMb: value('memoryMb'), cpuPercent: value('cpuPercent'), storageMb: value('storageMb') };
}
