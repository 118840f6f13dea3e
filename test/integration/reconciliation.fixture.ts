import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { expect, vi } from 'vitest';
import { subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import { type CatalogPlatform, startCatalogPlatform } from './catalogs/catalog-platform.fixture.ts';
import { type Buyer, type BuyerOptions, openShop, type Paid, type Shop } from './catalogs/shop.fixture.ts';

const WITHIN_MS = 60_000;

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** What `leasehold reconcile --json` prints. */
export interface Report {
  outcome: string;
  eventsListed: number;
  eventsMissing: number;
  accountsCompared: number;
  accountsDrifted: number;
  missing: { id: string; type: string; customerId: string | null; accountId: string | null; outcome: string | null }[];
  drift: { accountId: string; kind: string; here: string; there: string; repairedAt: string | null }[];
}

/** A platform of its own, on which every account is as Stripe has it, unless a test has taken care that it is not. */
export interface ReconciliationStage {
  own: CatalogPlatform;
  shop: Shop;
  /** Runs `bin/leasehold` on the platform's addresses. */
  leasehold(...args: string[]): Promise<Ended>;
  /** Runs it by hand and reads the report. */
  reconcile(...flags: string[]): Promise<Report & { code: number }>;
  /** An account whose opening has been acted on: no event of it is on its way that would let its workflow look. */
  openQuietAccount(options?: BuyerOptions): Promise<Buyer>;
  /** Buys while no webhook of the buyer comes through. */
  buyUnheard(buyer: Buyer, lookupKey: string): Promise<{ subscription: Stripe.Subscription; paid: Paid }>;
  workflowOf(buyer: Pick<Buyer, 'accountId'>): ReturnType<Shop['client']['workflow']['getHandle']>;
  discard(): Promise<void>;
}

/** Nothing runs by the clock there until it is told to, or the clock might repair what a test wants to see. */
export async function openReconciliationStage(): Promise<ReconciliationStage> {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-reconciliation-'));
  const own = await startCatalogPlatform({
    catalog: 'catalogs/demo.yaml',
    hostMemoryMb: 4_096,
    hostCpuPercent: 400,
    // No webhook is on its way that a test does not know of, and the simulator has no limit of calls.
    env: { LEASEHOLD_RECONCILE_PER_SECOND: '50', LEASEHOLD_RECONCILE_CONFIRM_SECONDS: '0.5' },
  });
  const shop = await openShop(own.platform.env);
  const stage: ReconciliationStage = {
    own,
    shop,

    leasehold: (...args) =>
      new Promise((resolve) => {
        const env = { ...process.env, ...own.platform.env, LEASEHOLD_STATE: folder };
        execFile('bin/leasehold', args, { env }, (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
        });
      }),

    async reconcile(...flags) {
      const { code, stdout, stderr } = await stage.leasehold('reconcile', '--json', ...flags);
      if (!stdout) throw new Error(`No report: ${stderr}`);
      return { ...(JSON.parse(stdout) as Report), code };
    },

    async openQuietAccount(options = {}) {
      const buyer = await shop.openAccount(options);
      const { stripeCustomerId: customerId } = buyer;
      await shop.simulator.settle(customerId);
      await until(async () => {
        expect(await shop.prisma.stripeEvent.count({ where: { customerId } })).toBeGreaterThan(0);
        expect(await shop.prisma.stripeEvent.count({ where: { customerId, actedAt: null } })).toBe(0);
      });
      return buyer;
    },

    async buyUnheard(buyer, lookupKey) {
      await shop.simulator.setDeliveries(buyer.stripeCustomerId, 'drop');
      const bought = await shop.buy(buyer, lookupKey);
      await shop.simulator.settle(buyer.stripeCustomerId);
      return bought;
    },

    workflowOf: ({ accountId }) => shop.client.workflow.getHandle(subscriptionWorkflowId(accountId)),

    async discard() {
      await shop.close();
      await own.discard();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  expect(await stage.leasehold('reconcile', '--pause')).toMatchObject({ code: 0 });
  return stage;
}

export function until(expectation: () => Promise<unknown>): Promise<unknown> {
  return vi.waitFor(expectation, { timeout: WITHIN_MS, interval: 200 });
}
