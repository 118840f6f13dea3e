import type { AccountState, ObservedWorkspace, WorkspaceRetry, WorkspaceState } from '#domain/account-state.ts';
import { type CommandOutcome, CommandRefused } from '#domain/commands.ts';
import { deadlinesOf } from '#domain/decide.ts';
import { afterDuplicate, type DuplicateResult } from '#domain/duplicates.ts';
import type { Effect, EndDuplicateEffect } from '#domain/effect.ts';
import type { HostReport } from '#domain/host-report.ts';
import { asksToConverge, takeHostReport } from '#domain/host-reports.ts';
import { isOnTheMove, moveTimes } from '#domain/moves.ts';
import { presentState, type StoredState } from '#domain/stored-account.ts';
import { earliest, type Instant } from '#domain/time.ts';
import type { Happened } from '#domain/timeline.ts';
import { afterObserved, withRetry } from '#domain/workspace-progress.ts';
import { isSettled } from '#domain/workspace-wishes.ts';
import type { BillingHint, Carried, LinkCustomerCommand, Receipt } from './messages.ts';

type Unsaved = NonNullable<Carried['unsaved']>;

/** A customer that the account asks for: it is settled in PostgreSQL, where no two accounts can have one. */
export interface CustomerClaim {
  command: LinkCustomerCommand;
  /** `null` until the main loop has settled it; `not-recorded`: PostgreSQL did not answer; `fault`: an error of ours. */
  outcome: Receipt | CommandRefused | 'not-recorded' | 'fault' | null;
}

/** Command ids that are remembered, so that a repeated command is answered and not done again. */
const RECENT_COMMANDS = 200;

/**
 * What the workflow has on its desk: the account's state, and what has come in or changed and is not yet dealt with.
 * Message handlers and coroutines put things on it; the main loop and the coroutines take them off.
 */
export class AccountDesk {
  /** `null` until the account has been loaded or opened. */
  state: AccountState | null = null;
  pendingHints: BillingHint[] = [];
  /** Look at Stripe even though no hint has come. */
  lookAsked = false;
  freshRunAsked = false;
  /** Nothing is left of the account: the workflow ends. */
  accountDeleted = false;
  /** The run is ending: coroutines finish what they hold and stop. */
  ending = false;
  unsaved: Unsaved | null = null;
  /** When effects that failed are tried again, by their ids. */
  readonly retryAt = new Map<string, Instant>();
  private recentCommands: Carried['recentCommands'] = [];
  /** Workspaces that are not as their hosts were told: to be brought there once more. */
  readonly astray = new Set<string>();
  /** How often hosts have said so in this run, by workspace. */
  private readonly strayings = new Map<string, number>();
  private readonly earlyReports: HostReport[] = [];
  private claims: CustomerClaim[] = [];
  /** Stripe is not read before: a rule threw an error over what it said last. */
  lookNotBefore: Instant | null = null;
  /** Wishes that have been stored, by workspace: only these are given to hosts. */
  private readonly storedWishes = new Map<string, WorkspaceState>();

  /** Takes up what an earlier run carried or stored, of whatever version. */
  restore(carried: Omit<Carried, 'state'> & { state: StoredState }): void {
    const state = presentState(carried.state);
    this.state = state;
    this.pendingHints = [...carried.pendingHints, ...this.pendingHints];
    this.recentCommands = carried.recentCommands;
    this.unsaved = carried.unsaved;
    this.lookNotBefore = carried.lookNotBefore ?? null;
    this.lookAsked ||= carried.lookAsked ?? false;
    if (this.unsaved === null) this.markSaved(state);
  }

  /** What a former run of the account remembers, where no state of it is taken up. */
  remember({ hints, recentCommands }: { hints: BillingHint[]; recentCommands: Carried['recentCommands'] }): void {
    this.pendingHints.push(...hints);
    this.recentCommands = [...recentCommands, ...this.recentCommands];
  }

  carry(): Carried {
    const { state, pendingHints, recentCommands, unsaved, lookNotBefore, lookAsked } = this;
    return { state: this.require(state), pendingHints, recentCommands, unsaved, lookNotBefore, lookAsked };
  }

  /** Puts a changed state on the desk, with what happened. The same state with no history changes nothing. */
  put(next: AccountState, happened: Happened[], actedOn: string[] = []): void {
    if (next === this.state && happened.length === 0 && actedOn.length === 0) return;
    this.state = next === this.state ? next : { ...next, version: next.version + 1 };
    this.unsaved = joined(this.unsaved, { happened, actedOn });
  }

  /** Takes what is to be saved off the desk; what comes meanwhile gathers anew. */
  takeUnsaved(): Unsaved | null {
    const { unsaved } = this;
    this.unsaved = null;
    return unsaved;
  }

  /** It could not be saved: it stands before what has come meanwhile. */
  putBack(unsaved: Unsaved): void {
    this.unsaved = joined(unsaved, this.unsaved);
  }

  /** Carries out a command once; a repeated id gets the first receipt. Refusals are thrown as `CommandRefused`. */
  command(id: string, carryOut: (state: AccountState) => CommandOutcome): Receipt {
    const before = this.receiptOf(id);
    if (before) return before;
    const outcome = carryOut(this.require(this.state));
    this.put(outcome.state, outcome.happened);
    const receipt = { version: this.require(this.state).version };
    this.recentCommands = [...this.recentCommands, { id, receipt }].slice(-RECENT_COMMANDS);
    return receipt;
  }

  /** What a command of late was answered with. */
  receiptOf(commandId: string): Receipt | undefined {
    return this.recentCommands.find(({ id }) => id === commandId)?.receipt;
  }

  /** Asks for a customer; the main loop settles it. */
  claim(command: LinkCustomerCommand): CustomerClaim {
    const claim: CustomerClaim = { command, outcome: null };
    this.claims.push(claim);
    return claim;
  }

  openClaims(): CustomerClaim[] {
    this.claims = this.claims.filter(({ outcome }) => outcome === null);
    return this.claims;
  }

  hasOpenClaim(): boolean {
    return this.claims.some(({ outcome }) => outcome === null);
  }

  /** What the workflow itself has brought about. */
  change(carryOut: (state: AccountState) => CommandOutcome): void {
    const { state, happened } = carryOut(this.require(this.state));
    this.put(state, happened);
  }

  /** All of `saved` is in PostgreSQL: hosts may be given its wishes. */
  markSaved(saved: AccountState): void {
    for (const workspace of saved.workspaces) this.storedWishes.set(workspace.id, workspace);
  }

  storedWish(workspaceId: string): WorkspaceState | undefined {
    return this.storedWishes.get(workspaceId);
  }

  workspaceIds(): string[] {
    return this.state?.workspaces.map((workspace) => workspace.id) ?? [];
  }

  workspace(workspaceId: string): WorkspaceState | undefined {
    return this.state?.workspaces.find((workspace) => workspace.id === workspaceId);
  }

  observe(workspaceId: string, observed: ObservedWorkspace, happened: Happened[]): void {
    this.put(afterObserved(this.require(this.state), workspaceId, observed, observed.at), happened);
  }

  /** Notes when a workspace is tried again. It is in answers to queries at once, and saved with the next change. */
  noteRetry(workspaceId: string, retry: WorkspaceRetry | null): void {
    if (this.state) this.state = withRetry(this.state, workspaceId, retry);
  }

  /** What a host saw. Kept until the account has been taken up. */
  report(report: HostReport, now: string): void {
    if (!this.state) {
      this.earlyReports.push(report);
      return;
    }
    if (asksToConverge(this.state, report)) {
      this.astray.add(report.workspaceId);
      this.strayings.set(report.workspaceId, this.timesAstray(report.workspaceId) + 1);
    }
    const { state, happened } = takeHostReport(this.state, report, now);
    this.put(state, happened);
  }

  /** Grows with each report of a host that a workspace is not as it should be. */
  timesAstray(workspaceId: string): number {
    return this.strayings.get(workspaceId) ?? 0;
  }

  /** The account has been taken up: what hosts told before is to be reported again. */
  takeEarlyReports(): HostReport[] {
    return this.earlyReports.splice(0);
  }

  /** An effect has been carried out. */
  effectDone(effect: Effect, happened: Happened[]): void {
    const state = this.require(this.state);
    this.put({ ...state, outbox: state.outbox.filter((each) => each.id !== effect.id) }, happened);
  }

  /** A second subscription was ended, or was left alone because the one that was to stay is gone. */
  duplicateDone(effect: EndDuplicateEffect, result: DuplicateResult, now: string): void {
    const { state, happened } = afterDuplicate(this.require(this.state), effect, result, now);
    this.put(state, happened);
  }

  /** Effects that may be carried out now, oldest first. */
  readyEffects(): Effect[] {
    if (!this.state) return [];
    const asDecided = this.unsaved === null;
    const settled = this.state.workspaces.every((each) => isSettled(each) && each.observed?.state !== 'failed');
    return this.state.outbox.filter((effect) => asDecided && (effect.readyWhen === 'now' || settled));
  }

  /** Those of them that do not wait for another try. */
  dueEffects(now: Instant): Effect[] {
    return this.readyEffects().filter(({ id }) => (this.retryAt.get(id) ?? '') <= now);
  }

  deadlines(): string[] {
    return this.state ? deadlinesOf(this.state) : [];
  }

  /** The earliest instant at which something happens by itself, if nothing else does before. */
  nextDeadline(): string | null {
    return earliest([...this.deadlines(), ...moveTimes(this.state?.workspaces ?? [])]);
  }

  /** When the main loop has something to do if nothing comes; `null` for never. */
  wakesAt(): Instant | null {
    const at = earliest(this.deadlines());
    if (this.lookNotBefore === null) return at;
    // Until then deadlines can't be acted on: each step is decided from a fresh read of Stripe.
    if (this.lookAsked || this.pendingHints.length > 0) return this.lookNotBefore;
    return at !== null && at < this.lookNotBefore ? this.lookNotBefore : at;
  }

  needsLook(now: string): boolean {
    if (this.lookNotBefore !== null && now < this.lookNotBefore) return false;
    return this.lookAsked || this.pendingHints.length > 0 || this.deadlines().some((at) => at <= now);
  }

  /** Nothing is left to do before the next deadline or message. */
  isQuiet(now: string): boolean {
    if (this.accountDeleted) return true;
    if (!this.state || this.astray.size > 0) return false;
    const workspacesSettled = this.state.workspaces.every((each) => isSettled(each) && !isOnTheMove(each));
    const isSaved = this.unsaved === null && !this.hasOpenClaim();
    return !this.needsLook(now) && isSaved && workspacesSettled && this.dueEffects(now).length === 0;
  }

  private require(state: AccountState | null): AccountState {
    if (!state) throw new CommandRefused('UnknownWorkspace', 'This account has not been opened.');
    return state;
  }
}

function joined(first: Unsaved | null, second: Unsaved | null): Unsaved {
  return {
    happened: [...(first?.happened ?? []), ...(second?.happened ?? [])],
    actedOn: [...(first?.actedOn ?? []), ...(second?.actedOn ?? [])],
  };
}
