import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { AccountState } from '#domain/account-state.ts';
import type { WorkspaceSize } from '#domain/catalog.ts';
import { sizeText } from '#domain/size-words.ts';
import { upcomingOf } from '#domain/view.ts';
import { accountIdAttribute, graceEndsAtAttribute, planAttribute, standingAttribute } from './search-attributes.ts';

/** Shows an account to support staff in the Temporal Web UI; writes only what has changed. Holds nothing personal. */
export class OperatorView {
  private shownDetails = '';
  private shownAttributes = '';

  show(state: AccountState, now: string): void {
    const details = detailsOf(state, now);
    if (details !== this.shownDetails) setCurrentDetails(details);
    this.shownDetails = details;

    const graceEndsAt = state.standing === 'grace' ? (state.dunning?.suspendAt ?? null) : null;
    const attributes = JSON.stringify([state.plan.id, state.standing, graceEndsAt]);
    if (attributes === this.shownAttributes) return;
    this.shownAttributes = attributes;
    upsertSearchAttributes([
      { key: accountIdAttribute, value: state.accountId },
      { key: planAttribute, value: state.plan.id },
      { key: standingAttribute, value: state.standing },
      { key: graceEndsAtAttribute, value: graceEndsAt === null ? null : new Date(graceEndsAt) },
    ]);
  }
}

function detailsOf(state: AccountState, now: string): string {
  const next = upcomingOf(state, now).map((each) => `- ${minute(each.at)}: ${each.text}`);
  const workspaces = state.workspaces.map((each) => {
    const is = each.observed ? each.observed.state : 'not seen yet';
    const why = each.observed?.reason ? ` (${each.observed.reason})` : '';
    const { size, pending } = each.observed ?? {};
    const has = size ? `; has ${sizeWords(size)}` : '';
    const waits = pending ? `; **resize to ${sizeWords(pending.size)} waits**: ${pending.reason}` : '';
    return `- ${each.id}: should be **${each.desired.state}**, is **${is}**${why}${has}${waits}; owner wants ${each.ownerWants}; wish no. ${each.desired.generation}`;
  });
  return [
    `**${state.standing}** since ${minute(state.standingSince)} · plan **${state.plan.name}** · version ${state.version}`,
    state.debt
      ? `Owes ${(state.debt.amountCents / 100).toFixed(2)} ${state.debt.currency.toUpperCase()} (${state.debt.invoiceId}).`
      : '',
    state.holds.length > 0 ? `Held by ${state.holds.map((hold) => `**${hold.name}**: ${hold.reason}`).join('; ')}` : '',
    section(
      'Second subscriptions, ended and given back',
      state.duplicates.map((each) => `- ${each.subscriptionId} (${each.planName}), found ${minute(each.foundAt)}`),
    ),
    section('What happens next', next),
    section('Workspaces', workspaces),
    section(
      'Waiting to be done',
      state.outbox.map((effect) => `- ${effect.id}`),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function sizeWords({ memoryMb, cpuPercent }: WorkspaceSize): string {
  return `${sizeText('memoryMb', memoryMb)}, ${sizeText('cpuPercent', cpuPercent)}`;
}

function section(title: string, lines: string[]): string {
  return lines.length === 0 ? '' : `### ${title}\n${lines.join('\n')}`;
}

function minute(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}
