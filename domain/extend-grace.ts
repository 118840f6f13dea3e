import type { AccountState, Dunning } from './account-state.ts';
import { type CommandOutcome, CommandRefused } from './commands.ts';
import { dunningFacts } from './dunning-notices.ts';
import { addDays, type Instant } from './time.ts';

/** The most days that one command may give. */
export const LONGEST_EXTENSION_DAYS = 90;

/** Support puts off a suspension. */
export interface GraceExtension {
  commandId: string;
  /** Whole days, 1 to `LONGEST_EXTENSION_DAYS`. */
  days: number;
  /** For people: why. Shown to the customer. */
  reason: string;
}

/**
 * More time to pay: the suspension and all that follows it come later by whole days, once for each command. The customer is
 * told the new date.
 *
 * @throws CommandRefused outside of grace
 */
export function extendGrace(state: AccountState, command: GraceExtension, now: Instant): CommandOutcome {
  const { dunning } = state;
  const { commandId, days, reason } = command;
  if (dunning?.extensions.includes(commandId)) return { state, happened: [] };
  if (dunning?.stage !== 'grace')
    throw new CommandRefused(
      'NotInGrace',
      dunning
        ? 'The grace of this account is over: its workspaces have stopped. They run again on payment.'
        : 'Nothing is overdue in this account, so there is no grace to extend.',
    );
  const extended: Dunning = {
    ...dunning,
    suspendAt: addDays(dunning.suspendAt, days),
    cancelAt: addDays(dunning.cancelAt, days),
    deleteAt: addDays(dunning.deleteAt, days),
    extensions: [...dunning.extensions, commandId],
  };
  const until = extended.suspendAt.slice(0, 10);
  return {
    state: {
      ...state,
      dunning: extended,
      outbox: [
        ...state.outbox,
        {
          kind: 'mail',
          id: `mail/grace-extended/${dunning.id}/${commandId}`,
          template: 'grace-extended',
          facts: { ...dunningFacts(state.plan, state.debt, extended), reason },
          emittedAt: now,
          readyWhen: 'now',
          droppedWhenDunningEnds: true,
        },
      ],
    },
    happened: [
      {
        id: `grace-extended/${commandId}`,
        at: now,
        kind: 'grace-extended',
        text: `Support gave you ${days} more ${days === 1 ? 'day' : 'days'}, until ${until}: ${reason}`,
      },
    ],
  };
}
