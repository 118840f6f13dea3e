import type { MailFacts, MailTemplate } from '#domain/effect.ts';
import type { MailText } from './mail-text.ts';

/**
 * What a mail about an account says. Calm, dated, and with one thing to do.
 *
 * @param accountUrl the customer's account page
 */
export function mailText(template: MailTemplate, facts: MailFacts, accountUrl: string): MailText {
  const plan = facts.planName;
  const owed = amountOf(facts);
  const pay = { label: `Pay ${owed ?? 'the open invoice'}`, url: facts.payUrl ?? accountUrl };
  const look = { label: 'Open your account', url: accountUrl };
  switch (template) {
    case 'grace-started':
      return {
        subject: `A payment for ${plan} failed`,
        body: [
          `We could not collect ${owed ?? 'the payment'} for your ${plan} plan.`,
          `Your workspace keeps running until ${day(facts.suspendAt)}. If the payment has not arrived by then, it stops; your data is kept.`,
        ],
        action: pay,
      };
    case 'grace-reminder':
      return {
        subject: `Your workspace stops on ${day(facts.suspendAt)}`,
        body: [
          `${owed ?? 'The payment'} for your ${plan} plan is still open.`,
          `Your workspace stops on ${day(facts.suspendAt)} unless the payment arrives before. Your data is kept.`,
        ],
        action: pay,
      };
    case 'suspended':
      return {
        subject: 'Your workspace has been stopped',
        body: [
          `${owed ?? 'The payment'} for your ${plan} plan did not arrive, so your workspace was stopped. Your data is kept.`,
          `As soon as you pay, everything runs again as before. On ${day(facts.cancelAt)} the subscription ends; on ${day(facts.deleteAt)} the data is deleted.`,
        ],
        action: pay,
      };
    case 'payment-received':
      return {
        subject: 'Thank you: your payment arrived',
        body: ['Your payment arrived. Everything is as it was before; what you had running runs.'],
        action: look,
      };
    case 'debt-settled':
      return {
        subject: 'The open invoice is settled',
        body: ['Nothing is left to pay for it. Everything is as it was before; what you had running runs.'],
        action: look,
      };
    case 'subscription-canceled':
      return {
        subject: `Your ${plan} subscription has ended`,
        body: [
          `The payment did not arrive, so your ${plan} subscription has ended.`,
          `Your data is kept until ${day(facts.deleteAt)}. Subscribe again before then and everything is back.`,
        ],
        action: look,
      };
    case 'deletion-warning':
      return {
        subject: `Your data will be deleted on ${day(facts.deleteAt)}`,
        body: [
          `Your subscription has ended. We keep your data until ${day(facts.deleteAt)}; then it is deleted for good.`,
        ],
        action: look,
      };
    case 'account-closing':
      return {
        subject: `Your account will be deleted on ${day(facts.deleteAt)}`,
        body: [
          'You asked to close your account. Everything was cancelled: nothing will be charged any more, and your workspaces stop.',
          `Your data is kept until ${day(facts.deleteAt)}. Until then you can take the closing back; after it everything is deleted.`,
        ],
        action: look,
      };
    case 'data-deleted':
      return {
        subject: 'Your data has been deleted',
        body: ['As announced, the data of your workspaces has been deleted. Your account stays open.'],
        action: look,
      };
  }
}

function amountOf(facts: MailFacts): string | null {
  if (facts.amountCents === undefined || facts.currency === undefined) return null;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: facts.currency });
  return format.format(facts.amountCents / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

function day(at: string | undefined): string {
  if (at === undefined) return 'the date shown in your account';
  const format = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(new Date(at))} UTC`;
}
