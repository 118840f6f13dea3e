import type Stripe from 'stripe';
import { expect } from 'vitest';
import { lookAtAccount } from '#activities/reconciliation/look-at-account.ts';
import { createStripeActivities } from '#activities/stripe.ts';
import type { AccountState } from '#domain/account-state.ts';
import type { MailTemplate } from '#domain/effect.ts';
import { presentState, type StoredState } from '#domain/stored-account.ts';
import { addMs, DAY_MS, earliest, type Instant, later } from '#domain/time.ts';
import { viewOf } from '#domain/view.ts';
import { Mailbox } from '#stories/mailbox.ts';
import { removeAccount } from '#stories/remove-account.ts';
import type { TimeDriver } from '#stories/time-driver.ts';
import { until } from '#stories/until.ts';
import { catalog } from '#test/scenarios/billing-scenarios.ts';
import { type Asked, type Prices, Stage, type TroubleKind } from '#test/scenarios/stage.ts';
import { accountWorkflows } from '#worker/account-workflows.ts';
import { extendGrace, liftHold, linkCustomer, placeHold } from '#workflows/subscription/messages.ts';
import type { Buyer, Shop } from '../catalogs/shop.fixture.ts';
import type { CustomerRoute } from './customer-route.ts';
import type { MailGate } from './mail-gate.ts';
import type { WebhookCarrier } from './webhook-carrier.ts';

const WITHIN_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What all stages of a platform share. */
export interface PlatformTheatre {
  shop: Shop;
  prices: Prices;
  carrier: WebhookCarrier;
  mailGate: MailGate;
  /** Where mails are looked at. */
  mailUrl: string;
}

export interface PlatformStageOptions {
  opensAt: Instant;
  /** Default: yes. Else support links it later. */
  withCustomer?: boolean;
  /** Whether the account has a workspace on Docker. */
  withWorkspace: boolean;
  /** Of the disorder of its webhooks; `null`: none. */
  seed: number | null;
}

/**
 * An account on a real platform, moved through virtual time. What it is at an instant is read where its owner and operators read
 * it: the API, PostgreSQL, the mail server, and Docker itself.
 */
export class PlatformStage extends Stage {
  readonly prices: Prices;
  readonly route: CustomerRoute;
  protected now: Instant;
  private readonly theatre: PlatformTheatre;
  private readonly buyer: Buyer;
  private readonly driver: TimeDriver;
  private readonly address: string;
  private comparedAt: Instant;
  private mailComesAt: Instant | null = null;
  /** Something is to be done while something else goes on: it is not waited for. */
  private inHaste = false;

  private constructor(theatre: PlatformTheatre, buyer: Buyer, { opensAt, seed }: PlatformStageOptions) {
    super();
    this.theatre = theatre;
    this.prices = theatre.prices;
    this.buyer = buyer;
    this.driver = theatre.shop.driverOf(buyer);
    this.address = `${buyer.accountId}@leasehold.test`;
    this.now = opensAt;
    this.comparedAt = opensAt;
    this.route = theatre.carrier.routeFor(buyer.stripeCustomerId, seed);
  }

  static async open(theatre: PlatformTheatre, options: PlatformStageOptions): Promise<PlatformStage> {
    const { opensAt, withCustomer = true, withWorkspace } = options;
    const buyer = await theatre.shop.openAccount({
      card: null,
      clockAt: opensAt,
      linked: withCustomer,
      workspaces: withWorkspace ? 1 : 0,
    });
    const stage = new PlatformStage(theatre, buyer, options);
    await stage.driver.moveTo(opensAt);
    return stage;
  }

  get stripe(): Stripe {
    return this.theatre.shop.stripe;
  }

  get customer(): string {
    return this.buyer.stripeCustomerId;
  }

  async until(at: Instant): Promise<void> {
    for (;;) {
      const stops = [at, this.route.nextRelease(), this.comparisonDue(), this.mailComesAt, this.nextRetries()];
      const next = earliest(stops.flatMap((each) => (each === null || each <= this.now ? [] : [each]))) ?? at;
      this.now = await this.driver.step(next);
      await this.followUp();
      if (this.now >= at) return;
    }
  }

  async happens<T>(act: (stripe: Stripe) => Promise<T>): Promise<T> {
    const done = await act(this.stripe);
    if (!this.inHaste) await this.driver.settle();
    return done;
  }

  /** The account's workflow does it by itself, and has done so by now. */
  async weCarryOut(): Promise<void> {
    await this.driver.settle();
  }

  async asks(asked: Asked): Promise<void> {
    const { client } = this.theatre.shop;
    const account = client.workflow.getHandle(this.driver.workflowId);
    const { commandId } = asked;
    switch (asked.what) {
      case 'link-customer':
        await account.executeUpdate(linkCustomer, { args: [{ commandId, stripeCustomerId: this.customer }] });
        break;
      case 'extend-grace':
        await account.executeUpdate(extendGrace, { args: [{ commandId, days: asked.days, reason: asked.reason }] });
        break;
      case 'place-hold':
        await account.executeUpdate(placeHold, { args: [{ commandId, hold: 'admin', reason: asked.reason }] });
        break;
      case 'lift-hold':
        await account.executeUpdate(liftHold, { args: [{ commandId, hold: 'admin' }] });
        break;
      case 'wish':
        await this.presses(asked.wants === 'running' ? 'start' : 'stop');
    }
    await this.driver.settle();
  }

  async promises(expected: object): Promise<void> {
    await this.driver.settle();
    await this.expectToBe(expected);
  }

  async trouble(kind: TroubleKind, days: number): Promise<void> {
    const end = addMs(this.now, days * DAY_MS);
    if (kind !== 'no-mail') return this.route.block(kind, end);
    this.mailComesAt = end;
    this.theatre.mailGate.refuse(this.address);
  }

  async whileStopping(at: Instant, act: () => Promise<void>): Promise<void> {
    await this.until(addMs(at, -60_000));
    const [workspaceId] = this.buyer.workspaceIds;
    if (workspaceId === undefined) {
      await this.until(at);
      return act();
    }
    await this.theatre.shop.workspace(this.buyer).freeze();
    this.inHaste = true;
    await this.driver.moveTo(at, async () => {
      await until('the workspace to be stopping', WITHIN_MS, async () => {
        const { workspaces } = await this.theatre.shop.read(this.buyer);
        return workspaces[0]?.status === 'stopping';
      });
      await act();
    });
    this.inHaste = false;
    this.now = at;
  }

  async opensDispute(chargeId: string): Promise<string> {
    const id = await this.happens(() => this.theatre.shop.simulator.openDispute(chargeId));
    await this.disputeFound(id, 'charge.dispute.created');
    return id;
  }

  async closesDispute(disputeId: string, outcome: 'won' | 'lost'): Promise<void> {
    await this.happens(() => this.theatre.shop.simulator.closeDispute(disputeId, outcome));
    await this.disputeFound(disputeId, 'charge.dispute.closed');
  }

  /** All letters have come, and what was lost has been looked for. */
  async comesToRest(): Promise<void> {
    for (;;) {
      const next = earliest([this.route.nextRelease(), this.comparisonDue()].flatMap((each) => each ?? []));
      if (next === null) return;
      await this.until(next > this.now ? next : addMs(this.now, 1000));
    }
  }

  /** Of PostgreSQL; and that the API and Docker say the same. */
  async expectToBe(expected: object): Promise<void> {
    const state = await this.stored();
    const { workspaces: _, ...withoutWorkspaces } = expected as { workspaces?: unknown };
    expect(state, `${this.buyer.accountId} at ${this.now}`).toMatchObject(
      this.buyer.workspaceIds.length > 0 ? expected : withoutWorkspaces,
    );
    const shown = await this.theatre.shop.read(this.buyer);
    const { version: _version, ...view } = viewOf(state, shown.now);
    expect(shown, 'what the API shows').toMatchObject(JSON.parse(JSON.stringify(view)));
    for (const { id, desired } of state.workspaces) await this.expectOnDocker(id, desired);
  }

  /** Templates of the mails that its owner got, in the alphabet's order. */
  async mails(): Promise<MailTemplate[]> {
    const { accountId } = this.buyer;
    const sent = await this.theatre.shop.prisma.timelineEntry.count({ where: { accountId, kind: 'mail-sent' } });
    const mailbox = new Mailbox(this.theatre.mailUrl, this.address);
    // The server has taken them; it lists each once it has read it.
    await until(`${sent} mails`, WITHIN_MS, async () => (await mailbox.templates()).length >= sent);
    return (await mailbox.templates()).sort() as MailTemplate[];
  }

  /** Makes room on the machine: nothing of it runs on. */
  async close(): Promise<void> {
    this.theatre.mailGate.admit(this.address);
    await removeAccount(this.theatre.shop, this.buyer.accountId);
  }

  private async stored(): Promise<AccountState> {
    const { prisma } = this.theatre.shop;
    const { state } = await prisma.account.findUniqueOrThrow({ where: { id: this.buyer.accountId } });
    return presentState(state as unknown as StoredState);
  }

  private async expectOnDocker(
    id: string,
    { state, size }: AccountState['workspaces'][number]['desired'],
  ): Promise<void> {
    const probe = this.theatre.shop.workspace(this.buyer, this.buyer.workspaceIds.indexOf(id));
    const { status, memoryMb, cpus } = await probe.container();
    if (state === 'running') {
      const limits = { memoryMb: size.memoryMb, cpus: size.cpuPercent / 100 };
      expect({ status, memoryMb, cpus }, `Docker at ${this.now}`).toEqual({ status: 'running', ...limits });
      return;
    }
    expect(status, `Docker at ${this.now}`).toBe(state === 'deleted' ? 'absent' : 'exited');
    expect(await probe.hasVolume(), 'its data').toBe(state !== 'deleted');
  }

  /** While no mail can be sent the workflow tries again and again: more tries than some at once would look like a standstill. */
  private nextRetries(): Instant | null {
    return this.mailComesAt === null ? null : addMs(this.now, HOUR_MS);
  }

  private async followUp(): Promise<void> {
    if (this.mailComesAt !== null && this.mailComesAt <= this.now) {
      this.mailComesAt = null;
      this.theatre.mailGate.admit(this.address);
    }
    await this.route.release(this.now);
    const due = this.comparisonDue();
    if (due !== null && due <= this.now) await this.compare();
    await this.driver.settle();
  }

  /** The reconciliation looks at every account once a day. Here only after something was lost, as else it finds nothing. */
  private comparisonDue(): Instant | null {
    const { lostSince, blockedUntil } = this.route;
    if (lostSince === null) return null;
    const days = Math.ceil((Date.parse(lostSince) - Date.parse(this.comparedAt) + 1) / DAY_MS);
    return later(addMs(this.comparedAt, DAY_MS * days), blockedUntil ?? lostSince);
  }

  /** As the reconciliation does with this account: it compares, and what differs lets the workflow look. */
  private async compare(): Promise<void> {
    const { stripe, prisma, client } = this.theatre.shop;
    const { accountId } = this.buyer;
    const { isRunning, askToLook } = accountWorkflows(client);
    const { readBilling } = createStripeActivities({ stripe, catalog });
    await this.driver.settle();
    const differences = () => lookAtAccount({ prisma, readBilling, isRunning }, accountId, this.now);
    this.comparedAt = this.now;
    this.route.madeGood();
    if ((await differences()).length === 0) return;
    await askToLook(accountId, { eventId: `reconciliation/${this.now}`, type: 'reconciliation.drift' });
    await this.driver.settle();
    expect(await differences(), `what still differs at ${this.now}`).toEqual([]);
  }

  private async presses(button: 'start' | 'stop'): Promise<void> {
    const [id = ''] = this.buyer.workspaceIds;
    const answer = await this.theatre.shop.call(this.buyer, `/api/v1/workspaces/${id}/${button}`, { method: 'POST' });
    expect(answer.status, await answer.text()).toBe(202);
  }

  /** A dispute names no customer: the reconciliation finds it by the charge, and is told to at once. */
  private async disputeFound(disputeId: string, type: string): Promise<void> {
    await until(`${type} to be acted on`, WITHIN_MS, async () => {
      const state = await this.stored();
      const found = state.disputes.find(({ id }) => id === disputeId);
      return found !== undefined && (type === 'charge.dispute.created' || found.state !== 'open');
    });
    await this.driver.settle();
  }
}
