import { createHash, randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import type { Catalog } from '#domain/catalog.ts';
import type { PrismaClient } from '#prisma/client.ts';
import type { AskedAccount } from '../access/find-account.ts';
import type { ReadModel } from '../accounts/read-model.ts';
import type { SendCommand } from '../accounts/send-command.ts';
import type { TakeTurn } from './take-turn.ts';

/** What the operations of billing work with. */
export interface BillingDeps {
  stripe: Stripe;
  catalog: Catalog;
  prisma: PrismaClient;
  readModel: ReadModel;
  sendCommand: SendCommand;
  takeTurn: TakeTurn;
  /** Where people come back to from Stripe's pages. */
  webOrigin: string;
}

/** On what is made at Stripe: the command that made it, or changed it last. */
export const COMMAND_KEY = 'leasehold_command';

/** Something that somebody wants done to an account's billing, once. */
export interface BillingCommand {
  account: AskedAccount;
  /** The same for the same wish sent again. A hash: it is written on what is made at Stripe. */
  id: string;
}

/**
 * @param name what is wanted, for example `checkout`
 * @param key the caller's Idempotency-Key; without one each request stands for itself
 */
export function billingCommand(account: AskedAccount, name: string, key: string | undefined): BillingCommand {
  const wish = [account.accountId, name, key ?? randomUUID()].join('\n');
  return { account, id: createHash('sha256').update(wish).digest('hex').slice(0, 40) };
}

/** Options of one of a command's writes to Stripe: sent again, it is answered with what the first one did. */
export function onceFor({ id }: BillingCommand, step: string): Stripe.RequestOptions {
  return { idempotencyKey: `leasehold/${id}/${step}` };
}
