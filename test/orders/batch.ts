import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { until } from '#stories/until.ts';
import {
  agenda,
  hostReports,
  SUBSCRIPTION_TASK_QUEUE,
  SUBSCRIPTION_WORKFLOW,
  subscriptionWorkflowId,
  workspaceTaskQueue,
} from '#workflows/subscription/messages.ts';
import { essenceOf } from './essence.ts';
import { type Outcome, type SentMessage, send } from './messages.ts';
import {
  type ActivityName,
  type Arrival,
  cachedWorkflowsOf,
  DECIDED_BY_ORDER,
  isLocal,
  ORDINARY_ACTIVITIES,
  type Plan,
  type Round,
} from './plan.ts';
import { WorkflowWorker } from './workflow-worker.ts';
import { CUSTOMER_PREFIX, HARSH_CATALOG, HASTY_CATALOG, type Held, HOSTS, World } from './world.ts';

const QUIET_WITHIN_MS = 60_000;
const CALLED_WITHIN_MS = 30_000;
/** Longer than a workflow task of these tests may take: one that is held asks for another meanwhile, and gets what has come. */
const WORKFLOW_TASK_TIMEOUT_MS = 3_000;
/** Two calls that are under way at once have reached the server by then; nothing depends on it but which order was tried. */
const UNDER_WAY_MS = 150;

export interface Engine {
  client: Client;
  connection: NativeConnection;
  address: string;
  namespace: string;
  codePath: string;
  /** Process of the Temporal server, to stop and continue. */
  serverPid: number;
}

/** An account that goes through a plan, or its twin, for which everything arrives when all is quiet. */
interface Player {
  plan: Plan;
  isTwin: boolean;
  accountId: string;
  handle: WorkflowHandle;
  outcomes: Outcome[];
  failure: string | null;
}

export interface PlayedAccount {
  seed: number;
  accountId: string;
  failure: string | null;
  rounds: Round[];
}

/** Plays plans whose seeds have the same remainder, all at once, each beside its twin, and compares how the two end. */
export async function playBatch(engine: Engine, plans: Plan[]): Promise<PlayedAccount[]> {
  const batch = new Batch(engine, plans);
  return batch.play();
}

class Batch {
  private readonly engine: Engine;
  private readonly world = new World();
  private readonly players: Player[];
  private readonly workflows: WorkflowWorker;
  private readonly arrivals: Arrival[];

  constructor(engine: Engine, plans: Plan[]) {
    this.engine = engine;
    const unique = Date.now().toString(36);
    this.players = plans.flatMap((plan) =>
      [false, true].map((isTwin) => {
        const accountId = `o${unique}-${plan.seed}${isTwin ? 't' : ''}`;
        const handle = engine.client.workflow.getHandle(subscriptionWorkflowId(accountId));
        return { plan, isTwin, accountId, handle, outcomes: [], failure: null };
      }),
    );
    const [first] = plans;
    if (!first) throw new Error('There is no plan.');
    this.arrivals = first.rounds.map(({ arrival }) => arrival);
    this.workflows = new WorkflowWorker(this.world, [
      ...[engine.address, engine.namespace, SUBSCRIPTION_TASK_QUEUE, engine.codePath],
      String(cachedWorkflowsOf(first.seed)),
    ]);
  }

  async play(): Promise<PlayedAccount[]> {
    const workers = await this.ordinaryWorkers();
    const runs = workers.map((worker) => worker.run());
    try {
      await this.workflows.start();
      await this.each(({ accountId, plan }) => this.open(accountId, plan));
      await this.each((player) => this.quiet(player, 'it was opened'));
      for (const number of this.arrivals.keys()) await this.round(number);
      this.compare();
      await this.each(async (player) => {
        await player.handle.terminate('Played.').catch(() => undefined);
      });
    } finally {
      await this.workflows.kill();
      for (const worker of workers) worker.shutdown();
      await Promise.all(runs);
    }
    const own = this.players.filter(({ isTwin }) => !isTwin);
    const twins = this.players.filter(({ isTwin }) => isTwin);
    return [...own, ...twins].map(({ plan, accountId, failure, isTwin }) => ({
      ...{ seed: plan.seed, accountId, failure: failure && isTwin ? `twin: ${failure}` : failure },
      rounds: isTwin ? [] : plan.rounds,
    }));
  }

  /** Activities that others see run here: they outlive the worker of the workflows. */
  private async ordinaryWorkers(): Promise<Worker[]> {
    const { connection, namespace } = this.engine;
    const activities = Object.fromEntries(
      ORDINARY_ACTIVITIES.map((name) => [name, (input: unknown) => this.world.call(name, input)]),
    );
    const queues = [SUBSCRIPTION_TASK_QUEUE, ...HOSTS.map(workspaceTaskQueue)];
    return Promise.all(queues.map((taskQueue) => Worker.create({ connection, namespace, taskQueue, activities })));
  }

  private async open(accountId: string, plan: Plan): Promise<void> {
    const workspaces = [{ id: `${accountId}.main`, name: 'main', hostId: HOSTS[0] }];
    const stripeCustomerId = plan.withoutCustomer ? null : `${CUSTOMER_PREFIX}${accountId}`;
    this.world.setPaid(accountId, true, new Date().toISOString());
    await this.engine.client.workflow.start(SUBSCRIPTION_WORKFLOW, {
      workflowId: subscriptionWorkflowId(accountId),
      taskQueue: SUBSCRIPTION_TASK_QUEUE,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      args: [{ accountId, opening: { ownerUserId: accountId, stripeCustomerId, workspaces } }],
    });
  }

  private async round(number: number): Promise<void> {
    const arrival = this.arrivals[number] as Arrival;
    const held = new Map(this.players.map((player) => [player, this.beginRound(player, number)]));
    await this.each(async (player) => {
      await (await held.get(player))?.(); // the activity is in mid-work
    });
    const twins = this.alive().filter(({ isTwin }) => isTwin);
    const others = this.alive().filter(({ isTwin }) => !isTwin);
    const sent = new Map<Player, SentMessage>();
    const sendTo = (player: Player) => sent.set(player, this.send(player, number));
    const release = ({ accountId }: Player) => this.world.releaseAll(accountId);

    await this.arrive(arrival, others, sendTo, release);
    await Promise.all(
      twins.map((player) =>
        this.attempt(player, async () => {
          release(player);
          await this.quiet(player, 'its activity ended');
          // What kept the others' tasks open came to them, too.
          if (arrival.startsWith('same-') && !this.isLocalRound(player)) {
            this.trigger(player, 'renameWorkspace', 200 + number);
            await this.quiet(player, 'it was renamed');
          }
          sendTo(player);
        }),
      ),
    );
    await this.each(async (player) => {
      await this.quiet(player, `round ${number}`);
      const outcome = await sent.get(player)?.outcome;
      if (outcome) player.outcomes.push(outcome);
      await this.quiet(player, `the answer of round ${number}`);
    });
  }

  private async arrive(
    arrival: Arrival,
    players: Player[],
    sendTo: (player: Player) => void,
    release: (player: Player) => void,
  ): Promise<void> {
    const inOrder = async (isMessageFirst: boolean) => {
      for (const step of isMessageFirst ? [sendTo, release] : [release, sendTo]) {
        players.forEach(step);
        await delay(UNDER_WAY_MS);
      }
    };
    switch (arrival) {
      case 'before':
        players.forEach(sendTo);
        await delay(4 * UNDER_WAY_MS);
        players.forEach(release);
        return;
      case 'after':
        players.forEach(release);
        await Promise.all(
          players.map((player) => this.attempt(player, () => this.quiet(player, 'its activity ended'))),
        );
        players.forEach(sendTo);
        return;
      case 'same-message-first':
      case 'same-end-first':
        await this.inOneTask(players, () => inOrder(arrival === 'same-message-first'), sendTo, release);
        return;
      case 'no-worker-message-first':
      case 'no-worker-end-first':
        await this.workflows.kill();
        await inOrder(arrival === 'no-worker-message-first');
        await this.workflows.start();
        return;
      case 'frozen':
        process.kill(this.engine.serverPid, 'SIGSTOP');
        try {
          await inOrder(true);
        } finally {
          process.kill(this.engine.serverPid, 'SIGCONT');
        }
        return;
      case 'killed':
        await inOrder(true);
        await this.workflows.kill();
        await this.workflows.start();
    }
  }

  /** While a local activity keeps a workflow task open, what comes gathers and is given to the next task. */
  private async inOneTask(
    players: Player[],
    gather: () => Promise<void>,
    sendTo: (player: Player) => void,
    release: (player: Player) => void,
  ): Promise<void> {
    const [local, ordinary] = [
      players.filter((each) => this.isLocalRound(each)),
      players.filter((each) => !this.isLocalRound(each)),
    ];
    // A local activity keeps its own task open.
    const blockers = new Map(ordinary.map((player) => [player, this.block(player)]));
    await Promise.all(
      ordinary.map((player) =>
        this.attempt(player, () =>
          within(CALLED_WITHIN_MS, 'the save that keeps the task open', blockers.get(player)?.isCalled),
        ),
      ),
    );
    await gather();
    for (const player of ordinary) blockers.get(player)?.release();
    for (const player of local) {
      sendTo(player);
      release(player);
    }
  }

  /** Has a save of the account held, which keeps a workflow task open. Letting go of all else does not let go of it. */
  private block(player: Player): Held {
    const { accountId } = player;
    const held = this.world.hold(accountId, 'saveAccount');
    this.trigger(player, 'renameWorkspace', 200 + this.currentRound);
    void held.isCalled.then(() => this.world.of(accountId).held.delete('saveAccount'));
    return held;
  }

  private isLocalRound({ plan }: Player): boolean {
    const round = plan.rounds[this.currentRound];
    return round !== undefined && isLocal(round.activity);
  }

  private currentRound = 0;

  /** Brings the activity of a round about. @returns waits until it is in mid-work */
  private async beginRound(player: Player, number: number): Promise<() => Promise<void>> {
    this.currentRound = number;
    const { accountId, plan, handle } = player;
    if (player.failure) return async () => {};
    const { activity } = plan.rounds[number] as Round;
    const { world } = this;
    const held = world.hold(accountId, activity);
    const now = new Date().toISOString();
    const outside = world.of(accountId);
    const hint = () => handle.signal('billingHints', [{ eventId: `evt_trigger_${number}`, type: 'invoice.paid' }]);
    const cause: Record<ActivityName, () => Promise<unknown>> = {
      readBilling: hint,
      saveAccount: () => Promise.resolve(this.trigger(player, 'renameWorkspace', 100 + number)),
      loadAccount: async () => {
        await handle.terminate('It comes back from what is stored.');
        await this.engine.client.workflow.signalWithStart(SUBSCRIPTION_WORKFLOW, {
          ...{ workflowId: subscriptionWorkflowId(accountId), taskQueue: SUBSCRIPTION_TASK_QUEUE },
          ...{ workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS, args: [{ accountId }] },
          ...{ signal: 'billingHints', signalArgs: [[{ eventId: `evt_start_${number}`, type: 'invoice.paid' }]] },
        });
      },
      claimCustomer: () => Promise.resolve(this.trigger(player, 'linkCustomer', 100 + number)),
      convergeWorkspace: () => {
        const generation = outside.stored?.workspaces[0]?.desired.generation ?? 1;
        const report = {
          reportId: `r${number}`,
          workspaceId: `${accountId}.main`,
          generation,
          saw: { kind: 'astray' } as const,
        };
        return handle.signal(hostReports, [report]);
      },
      sendMail: () => {
        world.setPaid(
          accountId,
          outside.subscriptions.some((each) => each.status === 'past_due'),
          now,
        );
        return hint();
      },
      reserveForMove: () => this.move(player, number),
      receiveWorkspace: () => this.move(player, number),
      removeLeftOver: () => this.move(player, number),
      endDuplicate: () => {
        world.setPaid(accountId, true, now);
        world.addDuplicate(accountId, now);
        return hint();
      },
      endAddOn: async () => {
        world.addAddOn(accountId);
        await hint();
        await this.quiet(player, 'it has an add-on');
        world.endPlan(accountId, now);
        await hint();
      },
      cancelSubscription: () => {
        outside.catalog = HARSH_CATALOG;
        world.setPaid(accountId, false, now);
        return hint();
      },
      endBilling: () => Promise.resolve(this.trigger(player, 'closeAccount', 100 + number)),
      deleteAccount: () => {
        outside.catalog = HASTY_CATALOG;
        return Promise.resolve(this.trigger(player, 'closeAccount', 100 + number));
      },
    };
    await this.attempt(player, async () => {
      await cause[activity]();
    });
    return async () => {
      // What the state of the account does not call for (a second dunning, a move under a hold) is not in mid-work: the message comes alone.
      await within(CALLED_WITHIN_MS, activity, held.isCalled).catch(async () => {
        await this.quiet(player, `${activity} was not called`);
        world.releaseAll(accountId);
        plan.rounds[number] = { ...(plan.rounds[number] as Round), activity: 'readBilling' };
      });
    };
  }

  private trigger(player: Player, message: Parameters<typeof send>[3], number: number): void {
    void send(player.handle, this.world, player.accountId, message, number).outcome;
  }

  private async move(player: Player, number: number): Promise<void> {
    const stored = this.world.of(player.accountId).stored?.workspaces[0];
    const from = stored?.hostId ?? HOSTS[0];
    void player.handle
      .executeUpdate('moveWorkspace', {
        args: [
          {
            ...{
              commandId: `move-${number}`,
              workspaceId: `${player.accountId}.main`,
              fromHostId: from,
              toHostId: null,
            },
            ...{ withinDays: 0, reason: 'The host is emptied.' },
          },
        ],
      })
      .catch(() => undefined);
  }

  private send(player: Player, number: number): SentMessage {
    const { message } = player.plan.rounds[number] as Round;
    return send(player.handle, this.world, player.accountId, message, number);
  }

  private async isQuiet({ handle, accountId }: Player): Promise<boolean> {
    if (this.world.of(accountId).isDeleted) {
      const { status } = await handle.describe();
      return status.name !== 'RUNNING';
    }
    const { quiet } = await handle.query(agenda);
    return quiet;
  }

  private async quiet(player: Player, after: string): Promise<void> {
    await until(`account ${player.accountId} to be quiet after ${after}`, QUIET_WITHIN_MS, () => this.isQuiet(player));
  }

  private compare(): void {
    for (const player of this.alive().filter(({ isTwin }) => !isTwin)) {
      const twin = this.alive().find(({ plan, isTwin }) => isTwin && plan.seed === player.plan.seed);
      if (!twin || player.plan.rounds.some(({ message }) => DECIDED_BY_ORDER.includes(message))) continue;
      const [is, asTwin] = [this.endOf(player), this.endOf(twin)];
      if (is !== asTwin) player.failure = `ended as ${is}, its twin as ${asTwin}`;
    }
  }

  private endOf({ accountId, outcomes }: Player): string {
    const { stored, isDeleted } = this.world.of(accountId);
    const essence = isDeleted || !stored ? { isDeleted } : essenceOf(stored);
    return JSON.stringify({ ...essence, outcomes: isDeleted ? [] : outcomes }).replaceAll(accountId, 'account');
  }

  private alive(): Player[] {
    return this.players.filter(({ failure }) => failure === null);
  }

  private async each(step: (player: Player) => Promise<unknown>): Promise<void> {
    await Promise.all(this.alive().map((player) => this.attempt(player, () => step(player))));
  }

  private async attempt(player: Player, step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      player.failure ??= (error as Error).message;
      this.world.releaseAll(player.accountId);
    }
  }
}

async function within(ms: number, what: string, event: Promise<void> | undefined): Promise<void> {
  const giveUp = new AbortController();
  const late = delay(ms, undefined, { signal: giveUp.signal }).then(() => {
    throw new Error(`Waited ${ms / 1000} s in vain for ${what}.`);
  });
  try {
    await Promise.race([event, late]);
  } finally {
    giveUp.abort();
    late.catch(() => undefined);
  }
}
