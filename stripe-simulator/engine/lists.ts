import type { WireList } from './objects.ts';
import { noSuch } from './stripe-error.ts';

export interface Paging {
  /** 1 to 100; default 10. */
  limit?: number | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}

export type CreatedFilter =
  | number
  | { gt?: number | undefined; gte?: number | undefined; lt?: number | undefined; lte?: number | undefined };

const DEFAULT_LIMIT = 10;

/** A page of a list, newest first. https://docs.stripe.com/api/pagination */
export function page<T extends { id: string; object: string }>(
  oldestFirst: readonly T[],
  paging: Paging,
  url: string,
): WireList<T> {
  const all = [...oldestFirst].reverse();
  const limit = paging.limit ?? DEFAULT_LIMIT;
  if (paging.ending_before !== undefined) {
    const before = all.slice(0, indexOf(all, paging.ending_before, 'ending_before'));
    return { object: 'list', data: before.slice(-limit), has_more: before.length > limit, url };
  }
  const after = paging.starting_after === undefined ? 0 : indexOf(all, paging.starting_after, 'starting_after') + 1;
  return { object: 'list', data: all.slice(after, after + limit), has_more: all.length > after + limit, url };
}

export function matchesCreated(created: number, filter: CreatedFilter | undefined): boolean {
  if (filter === undefined) return true;
  if (typeof filter === 'number') return created === filter;
  return (
    created > (filter.gt ?? Number.NEGATIVE_INFINITY) &&
    created >= (filter.gte ?? Number.NEGATIVE_INFINITY) &&
    created < (filter.lt ?? Number.POSITIVE_INFINITY) &&
    created <= (filter.lte ?? Number.POSITIVE_INFINITY)
  );
}

function indexOf(all: readonly { id: string; object: string }[], id: string, param: string): number {
  const index = all.findIndex((each) => each.id === id);
  if (index < 0) throw noSuch(all[0]?.object ?? 'object', id, param);
  return index;
}
