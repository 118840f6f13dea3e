import type { MailFacts } from '#domain/effect.ts';
import type { MailDetails } from '#mail/account-mail.ts';
import type { PrismaClient } from '#prisma/client.ts';

/** The facts of a mail with what the read model knows of its invoice, its card and its workspace: links, and words that a
 * person knows them by. */
export async function withDetails(prisma: PrismaClient, facts: MailFacts): Promise<MailDetails> {
  const { invoiceId, cardId, workspaceId } = facts;
  const [invoice, card, workspace] = await Promise.all([
    invoiceId === undefined
      ? null
      : prisma.invoice.findUnique({
          where: { id: invoiceId },
          select: { number: true, hostedUrl: true, pdfUrl: true },
        }),
    cardId === undefined
      ? null
      : prisma.paymentMethod.findUnique({ where: { id: cardId }, select: { brand: true, last4: true } }),
    workspaceId === undefined
      ? null
      : prisma.workspace.findUnique({ where: { id: workspaceId }, select: { name: true } }),
  ]);
  return {
    ...facts,
    ...(invoice ? { payUrl: invoice.hostedUrl, pdfUrl: invoice.pdfUrl, invoiceNumber: invoice.number } : {}),
    ...(workspace ? { workspaceName: workspace.name } : {}),
    ...(card?.brand && card.last4 ? { card: { brand: card.brand, last4: card.last4 } } : {}),
  };
}
