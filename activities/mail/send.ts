import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import type { Transporter } from 'nodemailer';
import type { PrismaClient } from '#prisma/client.ts';
import type { SubscriptionActivities } from '../contracts.ts';
import { asHtml, asPlainText, mailText } from './templates.ts';

export interface MailDeps {
  prisma: PrismaClient;
  transport: Transporter;
  /** The sender, for example `Leasehold <no-reply@example.com>`. */
  from: string;
  /** Where the web UI is, for links. */
  webOrigin: string;
}

/** Mails. The recipient's address is looked up here, so that it is in no workflow. */
export function createMailActivities(deps: MailDeps): Pick<SubscriptionActivities, 'sendMail'> {
  const { prisma, transport, from, webOrigin } = deps;
  return {
    async sendMail({ accountId, ownerUserId, effect, now }) {
      const owner = await prisma.user.findUnique({ where: { id: ownerUserId }, select: { name: true, email: true } });
      if (!owner) {
        throw ApplicationFailure.nonRetryable(`Account ${accountId} has no owner to write to.`, 'UnknownRecipient');
      }
      const text = mailText(effect.template, effect.facts, new URL('/account', webOrigin).href);
      await transport.sendMail({
        messageId: messageIdOf(accountId, effect.id),
        date: new Date(now),
        from,
        to: { name: owner.name, address: owner.email },
        subject: text.subject,
        text: asPlainText(text),
        html: asHtml(text),
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Leasehold-Template': effect.template },
      });
    },
  };
}

/** The same effect of the same account always has the same id: a mail that is sent twice is recognised as one. */
export function messageIdOf(accountId: string, effectId: string): string {
  const digest = createHash('sha256').update(`${accountId}/${effectId}`).digest('hex').slice(0, 32);
  return `<${digest}@leasehold>`;
}
