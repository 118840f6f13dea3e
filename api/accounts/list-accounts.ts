import type { Role } from '#domain/access.ts';
import type { AccountView } from '#domain/account-view.ts';
import { presentView, type StoredView } from '#domain/stored-account.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { KeyReference } from '../auth/principal.ts';

/** An account as a list shows it. */
export interface AccountSummary extends Pick<AccountView, 'accountId' | 'audience' | 'standing' | 'closing'> {
  /** The person's or the organisation's. */
  name: string;
  /** What whoever asks is in it. */
  role: Role;
  planName: string;
  /** Suspended, ended or on hold: nothing can be started or created. */
  isHeld: boolean;
}

/** The accounts that a person or an organisation has, as last saved: the person's own first, then by name. */
export type ListAccounts = (whose: KeyReference) => Promise<AccountSummary[]>;

export function createListAccounts(prisma: PrismaClient): ListAccounts {
  return async ({ kind, id }) => {
    const rows = await prisma.account.findMany({
      where:
        kind === 'organisation'
          ? { organisationId: id }
          : { OR: [{ userId: id }, { organisation: { members: { some: { userId: id } } } }] },
      select: {
        view: true,
        user: { select: { name: true } },
        organisation: { select: { name: true, members: { where: { userId: id }, select: { role: true } } } },
      },
    });
    return rows
      .map(({ view, user, organisation }) => {
        // The save activity alone writes this column, and only AccountViews.
        const { accountId, audience, standing, closing, plan, holds } = presentView(view as unknown as StoredView);
        // The column of the role has a check.
        const role = (organisation?.members[0]?.role ?? 'owner') as Role;
        const name = organisation?.name ?? user?.name ?? '';
        return { accountId, audience, name, role, planName: plan.name, standing, isHeld: holds.length > 0, closing };
      })
      .sort((a, b) => (a.audience === b.audience ? a.name.localeCompare(b.name) : a.audience === 'personal' ? -1 : 1));
  };
}
