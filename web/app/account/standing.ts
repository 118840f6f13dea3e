import type { AccountView, UpcomingKind } from '#api/answers.ts';
import { type Moment, momentOf } from '../format/moment.ts';
import { money } from '../format/money.ts';
import { type Sentence, sentence } from '../format/sentence.ts';
import type { Viewer } from '../format/viewer.ts';
import type { Tone } from './tone.ts';

/** How the account stands, in words. */
export interface StandingPanel {
  label: string;
  tone: Tone;
  /** What it means for the reader. */
  meaning: Sentence;
  /** The deadline that the meaning names, counted down: `3 days 4 hours left`. */
  countdown: string | null;
  /** What follows, or what to do. */
  advice: Sentence | null;
  debt: { amount: string; payUrl: string | null } | null;
  /** Names of the workspaces that run again once the account is not suspended any more. */
  comesBack: string[];
  /** Holds other than the unpaid bill. */
  holds: { name: string; reason: string; since: Moment }[];
}

/** @param now the account's own time, ISO */
export function presentStanding(account: AccountView, now: string, viewer: Viewer): StandingPanel {
  const { debt } = account;
  return {
    ...wordsFor(account, now, viewer),
    debt: debt && { amount: money(debt.amountCents, debt.currency, viewer.locale), payUrl: debt.payUrl },
    comesBack: account.workspaces
      .filter(({ status, ownerWants }) => status === 'suspended' && ownerWants === 'running')
      .map(({ name }) => name),
    holds: account.holds
      .filter((hold) => hold.name !== 'billing' && hold.name !== 'closing')
      .map((hold) => ({ name: hold.name, reason: hold.reason, since: momentOf(hold.since, now, viewer) })),
  };
}

type Closing = NonNullable<AccountView['closing']>;
type Words = Pick<StandingPanel, 'label' | 'tone' | 'meaning' | 'countdown' | 'advice'>;

function wordsFor(account: AccountView, now: string, viewer: Viewer): Words {
  const next = (kind: UpcomingKind) => {
    const found = account.upcoming.find((each) => each.kind === kind);
    return found ? momentOf(found.at, now, viewer) : null;
  };
  const plan = account.plan.name;
  const several = account.workspaces.filter(({ status }) => status !== 'deleted' && status !== 'deleting').length > 1;
  const yours = several ? 'Your workspaces' : 'Your workspace';
  const amount = account.debt ? money(account.debt.amountCents, account.debt.currency, viewer.locale) : null;
  const unpaid = amount ? `${amount} is unpaid` : 'the last payment did not go through';

  if (account.closing) return closingWords(account.closing, now, viewer);
  switch (account.standing) {
    case 'free':
      return {
        label: 'Free',
        tone: 'neutral',
        meaning: sentence`You are on the ${plan} plan. Nothing is due.`,
        countdown: null,
        advice: null,
      };
    case 'active': {
      const ends = next('ends');
      const renewal = next('renewal');
      if (ends) {
        return {
          label: 'Active',
          tone: 'info',
          meaning: sentence`All is paid. ${plan} ends on ${ends}, as you asked.`,
          countdown: left(ends),
          advice: sentence`Until then everything runs as before.`,
        };
      }
      return {
        label: 'Active',
        tone: 'good',
        meaning: renewal ? sentence`All is paid. ${plan} renews on ${renewal}.` : sentence`All is paid for ${plan}.`,
        countdown: null,
        advice: null,
      };
    }
    case 'trialing': {
      const ends = next('trial-ends');
      return {
        label: 'Trial',
        tone: 'info',
        meaning: ends ? sentence`You are trying ${plan} until ${ends}.` : sentence`You are trying ${plan}.`,
        countdown: ends && left(ends),
        advice: account.paymentMethod ? null : sentence`There is no card on file yet.`,
      };
    }
    case 'incomplete':
      return {
        label: 'Payment needed',
        tone: 'warn',
        meaning: sentence`The first payment for ${plan} is not complete.`,
        countdown: null,
        advice: sentence`${plan} begins as soon as it is paid.`,
      };
    case 'grace': {
      const stops = next('suspend');
      return {
        label: 'Payment overdue',
        tone: 'warn',
        meaning: stops
          ? sentence`${yours} ${several ? 'stop' : 'stops'} on ${stops} unless the payment arrives.`
          : sentence`A payment is overdue: ${unpaid}.`,
        countdown: stops && left(stops),
        advice: sentence`Until then everything runs as before, and your data is safe either way.`,
      };
    }
    case 'paused':
      return {
        label: 'Paused',
        tone: 'info',
        meaning: sentence`Payments for ${plan} are paused. Nothing is collected for now.`,
        countdown: null,
        advice: null,
      };
    case 'suspended': {
      const cancel = next('cancel');
      return {
        label: 'Suspended',
        tone: 'bad',
        meaning: sentence`${yours} ${several ? 'are' : 'is'} stopped because ${unpaid}. Your data is kept.`,
        countdown: null,
        advice: cancel
          ? sentence`Pay, and what ran before runs again. Otherwise the subscription ends on ${cancel}.`
          : sentence`Pay, and what ran before runs again.`,
      };
    }
    case 'canceled': {
      const gone = next('delete');
      return {
        label: 'Ended',
        tone: 'bad',
        meaning: gone
          ? sentence`Your subscription has ended. Your data is kept until ${gone}.`
          : sentence`Your subscription has ended.`,
        countdown: gone && left(gone),
        advice: gone ? sentence`After that it is deleted for good.` : null,
      };
    }
  }
}

function closingWords({ stage, deleteAt }: Closing, now: string, viewer: Viewer): Words {
  const gone = deleteAt === null ? null : momentOf(deleteAt, now, viewer);
  if (stage === 'deleting') {
    return {
      label: 'Being deleted',
      tone: 'bad',
      meaning: sentence`This account and its data are being deleted.`,
      countdown: null,
      advice: null,
    };
  }
  return {
    label: 'Being closed',
    tone: 'warn',
    meaning: gone
      ? sentence`This account is being closed. Its data is kept until ${gone}.`
      : sentence`This account is being closed. Everything is being cancelled at Stripe.`,
    countdown: gone && left(gone),
    advice: gone
      ? sentence`Nothing is charged any more. Until then its owner can take it back in the settings.`
      : sentence`Once nothing can be charged any more, the workspaces stop.`,
  };
}

function left(deadline: Moment): string | null {
  return deadline.relative.startsWith('in ') ? `${deadline.relative.slice('in '.length)} left` : null;
}
