import type { MailFacts, MailTemplate } from '#domain/effect.ts';
import type { MailText } from './mail-text.ts';

/** What a mail is written from: the facts of its effect, and what is looked up when it is sent. */
export interface MailDetails extends MailFacts {
  /** The invoice's PDF. */
  pdfUrl?: string | null;
  /** What stands on the invoice. */
  invoiceNumber?: string | null;
  card?: { brand: string; last4: string };
  /** What its owner calls the workspace. */
  workspaceName?: string;
}

/**
 * What a mail about an account says. Calm, dated, and with one thing to do.
 *
 * @param accountUrl the customer's account page
 */
export function mailText(template: MailTemplate, facts: MailDetails, accountUrl: string): MailText {
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
    case 'welcome-back': {
      const { runAgain = 0 } = facts;
      return {
        subject: `Welcome back: your ${plan} subscription has begun`,
        body: [
          `Your new ${plan} subscription has begun.`,
          runAgain > 0
            ? `${runAgain === 1 ? 'Your workspace runs' : `${runAgain} workspaces run`} again, with all data. Your account shows what runs.`
            : 'No workspace was started by itself. Your account shows what there is.',
        ],
        action: look,
      };
    }
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
    case 'grace-extended':
      return {
        subject: `You have until ${day(facts.suspendAt)} to pay`,
        body: [
          `Support gave you more time${facts.reason ? `: ${facts.reason}` : '.'}`,
          `${owed ?? 'The payment'} for your ${plan} plan is still open. Your workspace keeps running until ${day(facts.suspendAt)}; your data is kept after that, too.`,
        ],
        action: pay,
      };
    case 'move-planned':
      return {
        subject: `Your workspace ${facts.workspaceName} moves to another machine by ${day(facts.moveAt)}`,
        body: [
          `Your workspace ${facts.workspaceName} has to move to another machine${facts.reason ? `: ${facts.reason}` : '.'}`,
          `It stops for some minutes while its data is copied, then runs again as before. Have it moved from your account page when that suits you; otherwise it moves on ${day(facts.moveAt)}.`,
        ],
        action: { label: 'Move it when it suits you', url: accountUrl },
      };
    case 'duplicate-ended':
      return {
        subject: 'A second subscription was ended',
        body: [
          `You had subscribed twice, so we ended the second subscription, to ${plan}. Your first one goes on as before.`,
          owed
            ? `${owed} that you paid for it is on its way back to you. It can take some days until your bank shows it.`
            : 'Nothing had been paid for it.',
        ],
        action: look,
      };
    case 'payment-disputed':
      return {
        subject: 'A payment is disputed at your bank',
        body: [
          'Your bank has taken back a payment, or asks about it. Until that is settled your workspaces stop. Your data is kept.',
          'If this was a mistake, tell your bank that the payment was right, and write to us.',
        ],
        action: look,
      };
    case 'card-expiring': {
      const card = facts.card ? `${capitalised(facts.card.brand)} card ending in ${facts.card.last4}` : 'card';
      return {
        subject: `Your card expires at the end of ${month(facts.expiresAt)}`,
        body: [
          `Your ${card} can be charged until the end of ${month(facts.expiresAt)}.`,
          `Add another one before then, so that your ${plan} plan goes on without a break.`,
        ],
        action: { label: 'Change your card', url: accountUrl },
      };
    }
    case 'invoice':
      return {
        subject: `Your invoice${facts.invoiceNumber ? ` ${facts.invoiceNumber}` : ''}${owed ? ` over ${owed}` : ''}`,
        body: [
          `Here is your invoice${owed ? ` over ${owed}` : ''}.`,
          ...(facts.payUrl ? [`To look at it or pay it: ${facts.payUrl}`] : []),
        ],
        action: facts.pdfUrl
          ? { label: 'Download the PDF', url: facts.pdfUrl }
          : { label: 'See the invoice', url: facts.payUrl ?? accountUrl },
      };
    case 'workspace-stopped': {
      const workspace = facts.workspaceName ? `workspace ${facts.workspaceName}` : 'workspace';
      return {
        subject: `Your ${workspace} was stopped`,
        body: [
          facts.reason ?? 'It could not go on.',
          'Its data is kept. On its page you see more, and can start it again.',
        ],
        action: { label: 'See the workspace', url: accountUrl },
      };
    }
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

/** The month that a card is good to the end of. */
function month(expiresAt: string | undefined): string {
  if (expiresAt === undefined) return 'its last month';
  const format = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(new Date(Date.parse(expiresAt) - 1));
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function day(at: string | undefined): string {
  if (at === undefined) return 'the date shown in your account';
  const format = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(new Date(at))} UTC`;
}
