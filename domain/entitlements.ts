import type { Catalog, Limit, Pool, Resources } from './catalog.ts';

/** What an account has bought that counts now: subscriptions in good standing, or in grace. */
export interface Holdings {
  planId: string;
  addOns: { id: string; quantity: number }[];
}

/** What support gave beside what was bought. */
export interface Override {
  id: string;
  /** For people: why. */
  reason: string;
  /** Added to the pool. */
  pool?: Partial<Pool>;
  /** Take the place of the limits of these names. */
  limits?: Record<string, number>;
  features?: Record<string, boolean | string>;
  /** ISO instant at which it ends; `null` for never. */
  until: string | null;
}

/** A number or a word with its reason: `2 GB = PRO 1 GB + MICRO 1 GB`. */
export interface Explained<T> {
  value: T;
  because: string;
}

/** What an account may use. */
export interface Entitlements {
  planId: string;
  /** `null`: no workspaces. */
  pool: { [Name in keyof Required<Resources>]: Explained<number> } & {
    workspaces: Explained<number>;
    bandwidthGb?: Explained<number>;
  } | null;
  limits: Record<string, Explained<number> & Pick<Limit, 'per' | 'mode'>>;
  features: Record<string, Explained<boolean | string>>;
}

export type EntitlementsOf = (catalog: Catalog, holdings: Holdings, overrides: Override[], now: string) => Entitlements;
