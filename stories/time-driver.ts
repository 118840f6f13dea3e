import type { Client } from '@temporalio/client';
import { earliest } from '#domain/time.ts';
import type { PrismaClient } from '#prisma/client.ts';
import { agenda, billingHints, subscriptionWorkflowId } from '#workflows/subscription/messages.ts';
import type { SimulatorControl } from './simulator-control.ts';
import { fastForward, virtualNow } from './time-skipping.ts';
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
  now(): Promise<string> {
    return virtualNow(this.options.client, this.workflowId);
  }

  /**
   * Lets time pass until `target`.
   *
   * @param duringSkip runs while the workflow's time is moving, for stories that disturb it
   */
  async moveTo(target: string, duringSkip?: () => Promise<void>): Promise<void> {
    const { client, simulator, clockId } = this.options;
    await this.settle();
    for (;;) {
      const [{ nextDeadline }, clock] = await Promise.all([this.agenda(), simulator.clock(clockId)]);
      const next =
        earliest([target, nextDeadline, clock.nextDueAt].flatMap((at) => (at === null ? [] : [at]))) ?? target;
      await Promise.all([fastForward(client, this.workflowId, next), duringSkip?.()]);
      duringSkip = undefined;
      await this.settle();
      if (clock.now < next) await simulator.advance(clockId, next);
      await this.settle();
      if (next === target) return;
    }
  }

  /** Waits until nothing is on its way: no webhook, no event in the inbox, no work of the workflow. */
  async settle(): Promise<void> {
    const { simulator, prisma, stripeCustomerId } = this.options;
    await simulator.settle(stripeCustomerId);
    await until('the account to be quiet', SETTLE_TIMEOUT_MS, async () => {
      const waiting = await prisma.stripeEvent.count({ where: { customerId: stripeCustomerId, actedAt: null } });
      const [{ quiet, nextDeadline }, now] = [await this.agenda(), await this.now()];
      // A Query sees the time of the last workflow task: a deadline that has come since is still to be acted on.
      return waiting === 0 && quiet && (nextDeadline === null || nextDeadline > now);
    });
    await this.noteRun();
  }

  /** Lets the workflow act once more, so that what it shows and stores is of now. */
  async nudge(): Promise<void> {
    const hint = { eventId: `time-driver/${await this.now()}`, type: 'time.moved' };
    await this.options.client.workflow.getHandle(this.workflowId).signal(billingHints, [hint]);
    await this.settle();
  }

  private agenda() {
    return this.options.client.workflow.getHandle(this.workflowId).query(agenda);
  }

  private async noteRun(): Promise<void> {
    const { runId } = await this.options.client.workflow.getHandle(this.workflowId).describe();
    if (!this.runIds.includes(runId)) this.runIds.push(runId);
  }
}
