import type { Client } from '@temporalio/client';
import { earliest } from '#domain/time.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { agenda, billingHints, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import type { SimulatorControl } from './simulator-control.ts';
import { fastForward, virtualTime } from './time-skipping.ts';
import { until } from './until.ts';

const SETTLE_TIMEOUT_MS = 180_000;

export interface TimeDriverOptions {
  client: Client;
  prisma: PrismaClient;
  simulator: SimulatorControl;
  accountId: string;
  stripeCustomerId: string;
  /** The customer's test clock. */
  clockId: string;
}

/**
 * Moves one account through time: its workflow on the Temporal server and its customer at Stripe together.
 *
 * Each step goes to the next instant at which either of them acts. The workflow goes first and the simulator follows, so
 * Stripe is never ahead; then everything on its way is waited for.
 */
export class TimeDriver {
  readonly workflowId: string;
  /** Runs of the workflow that were seen, oldest first: continue-as-new and termination begin new ones. */
  readonly runIds: string[] = [];
  private readonly options: TimeDriverOptions;

  constructor(options: TimeDriverOptions) {
    this.options = options;
    this.workflowId = subscriptionWorkflowId(options.accountId);
  }

  /** The account's time. */
  async now(): Promise<string> {
    return (await virtualTime(this.options.client, this.workflowId)).now;
  }

  /**
   * Lets time pass until `target`.
   *
   * @param duringSkip runs while the workflow's time is moving, for stories that disturb it
   */
  async moveTo(target: string, duringSkip?: () => Promise<void>): Promise<void> {
    await this.settle();
    while ((await this.step(target, duringSkip)) !== target) duringSkip = undefined;
  }

  /**
   * Goes to the next instant at which the workflow or Stripe acts, or to `target` when that is earlier. Everything is settled
   * before and after.
   *
   * @returns the instant
   */
  async step(target: string, duringSkip?: () => Promise<void>): Promise<string> {
    const { client, simulator, clockId } = this.options;
    const [{ nextDeadline }, clock] = await Promise.all([this.agenda(), simulator.clock(clockId)]);
    const next = earliest([target, nextDeadline, clock.nextDueAt].flatMap((at) => (at === null ? [] : [at]))) ?? target;
    await Promise.all([fastForward(client, this.workflowId, next), duringSkip?.()]);
    await this.settle();
    if (clock.now < next) {
      await simulator.advance(clockId, next);
      await this.settle();
    }
    return next;
  }

  /** Waits until nothing is on its way: no webhook, no event in the inbox, no work of the workflow. */
  async settle(): Promise<void> {
    const { simulator, stripeCustomerId } = this.options;
    do {
      await simulator.settle(stripeCustomerId);
      await until('its events to be acted on', SETTLE_TIMEOUT_MS, async () => (await this.waitingEvents()) === 0);
      await this.becomesQuiet();
      // What the workflow has done at Stripe meanwhile comes back as events.
    } while ((await this.waitingEvents()) > 0);
  }

  /** Lets the workflow act once more, so that what it shows and stores is of now. */
  async nudge(): Promise<void> {
    const hint = { eventId: `time-driver/${await this.now()}`, type: 'time.moved' };
    await this.options.client.workflow.getHandle(this.workflowId).signal(billingHints, [hint]);
    await this.settle();
  }

  private async becomesQuiet(): Promise<void> {
    await until('the account to be quiet', SETTLE_TIMEOUT_MS, async () => {
      const { quiet, nextDeadline } = await this.agenda();
      if (!quiet) return false;
      const now = await this.look();
      // A Query sees the time of the last workflow task: a deadline that has come since is still to be acted on.
      return nextDeadline === null || nextDeadline > now;
    });
  }

  /** Events in the inbox that are still to be acted on. Those of a customer whom no account has wait for somebody to link it. */
  private async waitingEvents(): Promise<number> {
    const [row] = await this.options.prisma.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM stripe_event e JOIN account a ON a.stripe_customer_id = e.customer_id
      WHERE e.customer_id = ${this.options.stripeCustomerId} AND e.acted_at IS NULL`;
    return row?.count ?? 0;
  }

  private agenda() {
    return this.options.client.workflow.getHandle(this.workflowId).query(agenda);
  }

  /** The account's time; the run that has it is noted. */
  private async look(): Promise<string> {
    const { now, runId } = await virtualTime(this.options.client, this.workflowId);
    if (!this.runIds.includes(runId)) this.runIds.push(runId);
    return now;
  }
}
