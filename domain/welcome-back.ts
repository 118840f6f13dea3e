import type { AccountState } from './account-state.ts';
import type { Effect } from './effect.ts';
import type { Instant } from './time.ts';
import type { Happened } from './timeline.ts';

const IN_GOOD_STANDING: ReadonlySet<AccountState['standing']> = new Set(['active', 'trialing']);

/**
 * Whoever had lost the subscription for want of payment and has begun another one is told what runs again, once. Pure.
 *
 * @param after the same account once all else of the look was decided on
 */
export function welcomeBack(
  before: AccountState,
  after: AccountState,
  now: Instant,
): { effects: Effect[]; happened: Happened[] } {
  const { dunning } = before;
  const hadLost = dunning?.stage === 'canceled' || dunning?.stage === 'deleted';
  if (!hadLost || after.dunning !== null || !IN_GOOD_STANDING.has(after.standing)) return { effects: [], happened: [] };
  const names = after.workspaces
    .filter(({ desired }) => desired.state === 'running')
    .filter(({ id }) => before.workspaces.some((each) => each.id === id && each.desired.state !== 'running'))
    .map(({ name }) => name);
  const { plan } = after;
  return {
    effects: [
      {
        kind: 'mail',
        id: `mail/welcome-back/${dunning.id}`,
        template: 'welcome-back',
        facts: { planId: plan.id, planName: plan.name, runAgain: names.length },
        emittedAt: now,
        readyWhen: 'workspaces-settled',
        droppedWhenDunningEnds: false,
      },
    ],
    happened: [
      {
        id: `welcome-back/${dunning.id}`,
        at: now,
        kind: 'welcome-back',
        text: `Welcome back: your new ${plan.name} subscription has begun. ${whatRuns(names, dunning.stage === 'deleted')}`,
      },
    ],
  };
}

function whatRuns(names: string[], wasDeleted: boolean): string {
  if (wasDeleted) return 'The data of your former workspaces is gone.';
  const [first = '', ...rest] = names;
  const last = rest.at(-1);
  if (last === undefined) return names.length === 0 ? 'Your data is kept.' : `${first} runs again, with its data.`;
  return `${[first, ...rest.slice(0, -1)].join(', ')} and ${last} run again, with their data.`;
}
