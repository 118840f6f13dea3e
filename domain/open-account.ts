import type { AccountState } from './account-state.ts';
import { sharingOf } from './allocation.ts';
import {
  type Audience,
  type Catalog,
  DELETE_WORKSPACES_AFTER_DAYS,
  freePlanOf,
  type WorkspaceSize,
} from './catalog.ts';
import { entitlementsOf } from './entitlements.ts';
import type { Instant } from './time.ts';
import { allocateWorkspaces, asOpened, newWorkspace } from './workspace-wishes.ts';

/** What a new account is made of. */
export interface AccountOpening {
  accountId: string;
  ownerUserId: string;
  /** Default: none, the account is the person's own. */
  organisationId?: string | null | undefined;
  stripeCustomerId: string | null;
  /** Default: personal. */
  audience?: Audience | undefined;
  /** Without a size the plan's default is taken. */
  workspaces: { id: string; name: string; hostId: string; size?: WorkspaceSize | undefined }[];
}

/** A new account: on the free plan until Stripe says otherwise, its workspaces wanted. */
export function openAccount(opening: AccountOpening, now: Instant, catalog: Catalog): AccountState {
  const { audience = 'personal' } = opening;
  const free = freePlanOf(catalog, audience);
  const entitlements = entitlementsOf(catalog, { planId: free.id, addOns: [] }, [], now);
  const sharing = sharingOf(catalog, free.id);
  const workspaces = allocateWorkspaces(
    opening.workspaces.map((each) => newWorkspace(each)),
    entitlements,
    sharing,
  );
  return {
    accountId: opening.accountId,
    ownerUserId: opening.ownerUserId,
    organisationId: opening.organisationId ?? null,
    stripeCustomerId: opening.stripeCustomerId,
    audience,
    version: 0,
    plan: { id: free.id, name: free.name },
    addOns: [],
    overrides: [],
    entitlements,
    sharing,
    deleteWorkspacesAfterDays: catalog.deleteWorkspacesAfterDays ?? DELETE_WORKSPACES_AFTER_DAYS,
    ignoredSubscriptions: [],
    standing: 'free',
    standingSince: now,
    subscription: null,
    card: null,
    cardWarnings: null,
    debt: null,
    plannedChange: null,
    duplicates: [],
    disputes: [],
    invoicesSince: null,
    toldInvoices: [],
    dunning: null,
    recoveredAt: null,
    subscribedBefore: false,
    closing: null,
    holds: [],
    workspaces: workspaces.map((each) => asOpened(each, now)),
    outbox: [],
    billingReadAt: null,
  };
}

/** The size of the one workspace of a new account. `undefined` where the plan that it begins on has none, or names no size. */
export function firstSizeOf(catalog: Catalog, audience: Audience): WorkspaceSize | undefined {
  const nobody = { accountId: '', ownerUserId: '', stripeCustomerId: null, audience };
  const workspaces = [{ id: '', name: '', hostId: '' }];
  const [first] = openAccount({ ...nobody, workspaces }, new Date(0).toISOString(), catalog).workspaces;
  return first?.allocation ?? undefined;
}
