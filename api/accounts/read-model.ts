import type { AccountState } from '#domain/account-state.ts';
import type { AccountView } from '#domain/account-view.ts';
import {
  presentState,
  presentView,
  type StoredState as SavedState,
  type StoredView as SavedView,
} from '#domain/stored-account.ts';
import type { Happened, HappenedKind } from '#domain/timeline.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { PaymentMethodAnswer } from '../answers.ts';

/** Less is the way from the workflow to the database, or two machines' clocks. */
const CLOCK_TOLERANCE_MS = 60_000;

export interface StoredView {
  view: AccountView;
  /** Seconds of wall time since it was saved. */
  ageSeconds: number;
}

export interface ReadModel {
  storedView(accountId: string): Promise<StoredView | null>;
  /** The account as last saved. */
  storedState(accountId: string): Promise<AccountState | null>;
  /** Milliseconds by which the account's own time is ahead of the wall's: 0, except where a demo was moved ahead. */
  clockAheadMs(accountId: string): Promise<number>;
  /** What will be charged, and where an invoice can be paid. */
  moneyOf(
    accountId: string,
    invoiceId: string | null,
  ): Promise<{ paymentMethod: PaymentMethodAnswer | null; payUrl: string | null }>;
  /** What happened, newest first. */
  timeline(accountId: string, limit: number): Promise<Happened[]>;
}

/** What PostgreSQL knows of accounts. Who may ask is decided before, by the guard. */
export function createReadModel(prisma: PrismaClient): ReadModel {
  return {
    async storedView(accountId) {
      const row = await prisma.account.findUnique({
        where: { id: accountId },
        select: { view: true, updatedAt: true },
      });
      if (!row) return null;
      // The save activity alone writes this column, and only AccountViews; older ones lack what came later.
      const view = presentView(row.view as unknown as SavedView);
      return { view, ageSeconds: Math.max(0, Math.round((Date.now() - row.updatedAt.getTime()) / 1_000)) };
    },
    async storedState(accountId) {
      const row = await prisma.account.findUnique({ where: { id: accountId }, select: { state: true } });
      return row && presentState(row.state as unknown as SavedState);
    },
    async clockAheadMs(accountId) {
      const row = await prisma.account.findUnique({
        where: { id: accountId },
        select: { savedAt: true, updatedAt: true },
      });
      const aheadMs = row ? row.savedAt.getTime() - row.updatedAt.getTime() : 0;
      return aheadMs > CLOCK_TOLERANCE_MS ? aheadMs : 0;
    },
    async moneyOf(accountId, invoiceId) {
      const customer = await prisma.account.findUnique({
        where: { id: accountId },
        select: { stripeCustomerId: true },
      });
      const customerId = customer?.stripeCustomerId;
      if (!customerId) return { paymentMethod: null, payUrl: null };
      const [method, invoice] = await Promise.all([
        prisma.paymentMethod.findFirst({ where: { customerId, isDefault: true } }),
        invoiceId === null ? null : prisma.invoice.findFirst({ where: { id: invoiceId, customerId } }),
      ]);
      const { brand, last4, expMonth, expYear } = method ?? {};
      const isCard = brand && last4 && expMonth && expYear;
      return {
        paymentMethod: isCard ? { brand, last4, expMonth, expYear } : null,
        payUrl: invoice?.hostedUrl ?? null,
      };
    },
    async timeline(accountId, limit) {
      const rows = await prisma.timelineEntry.findMany({
        where: { accountId },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: limit,
      });
      return rows.map((row) => ({
        id: row.id,
        at: row.at.toISOString(),
        kind: row.kind as HappenedKind,
        text: row.text,
      }));
    },
  };
}
