import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { mailText } from '#mail/account-mail.ts';
import type { Mailer } from '#mail/mailer.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { SubscriptionActivities } from '../contracts.ts';
import { findRecipients } from './find-recipients.ts';
import { withDetails } from './with-details.ts';

export interface MailDeps {
  prisma: PrismaClient;
  mailer: Mailer;
  /** Where the web UI is, for links. */
  webOrigin: string;
}

/** Mails. Addresses, links and cards are looked up here, so that they are in no workflow. */
export function createMailActivities(deps: MailDeps): Pick<SubscriptionActivities, 'sendMail'> {
  const { prisma, mailer, webOrigin } = deps;
  return {
    async sendMail({ accountId, ownerUserId, organisationId = null, effect, now }) {
      const to = await findRecipients(prisma, { ownerUserId, organisationId });
      if (to.length === 0) {
        throw ApplicationFailure.nonRetryable(`Account ${accountId} has nobody to write to.`, 'UnknownRecipient');
      }
      await mailer.send({
        messageId: messageIdOf(accountId, effect.id),
        date: new Date(now),
        to,
        text: mailText(
          effect.template,
          await withDetails(prisma, effect.facts),
          new URL(`/accounts/${accountId}`, webOrigin).href,
        ),
        template: effect.template,
      });
      const { invoiceId } = effect.facts;
      if (effect.template === 'invoice' && invoiceId !== undefined) {
        await prisma.invoice.updateMany({ where: { id: invoiceId, mailedAt: null }, data: { mailedAt: new Date() } });
      }
    },
  };
}

/** The same effect of the same account always has the same id: a mail that is sent twice is recognised as one. */
export function messageIdOf(accountId: string, effectId: string): string {
  const digest = createHash('sha256').update(`${accountId}/${effectId}`).digest('hex').slice(0, 32);
  return `<${digest}@leasehold>`;
}
