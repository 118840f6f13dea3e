import { Command, InvalidArgumentError } from 'commander';
import Stripe from 'stripe';
import { eventRow } from '#activities/reconciliation/walk-events.ts';
import { createStripe } from '#billing/stripe-client.ts';
import { PlatformError } from '#platform/platform-error.ts';
import { poll } from '#platform/poll.ts';
import { createPrisma, type PrismaClient } from '#prisma/client.ts';
import { type LoggedEvent, stateOfEvent } from '../event-state.ts';
import { runningProduct } from '../running-product.ts';
import { textArgument } from '../text-argument.ts';

interface ListFlags {
  account?: string;
  customer?: string;
  type?: string;
  waiting?: boolean;
  limit: number;
  json?: boolean;
}

/** The API forwards within seconds, and the account's workflow looks at once. */
const ACTED_WITHIN_MS = 30_000;

/** `leasehold events`: the log of Stripe's events, for support. */
export function eventsCommand(): Command {
  return new Command('events')
    .description("The log of Stripe's events: what was received, forwarded and acted on.")
    .option('--account <id>', 'only of this account', textArgument('id', '--account'))
    .option('--customer <id>', 'only of this customer at Stripe', textArgument('id', '--customer'))
    .option('--type <type>', 'only of this type; `invoice.*` for all that begin so')
    .option('--waiting', 'only what is not forwarded yet, such as events of a customer whom no account has')
    .option('--limit <n>', 'how many, newest first', positive, 50)
    .option('--json', 'print JSON and nothing else')
    .action((flags: ListFlags) => withDatabase((prisma) => list(prisma, flags)))
    .addCommand(
      new Command('replay')
        .description('Forward an event again: its account looks at Stripe and decides anew, which is harmless.')
        .argument(
          '<event>',
          'id of the event, evt_…; one that never arrived is fetched from Stripe',
          textArgument('id', 'The id'),
        )
        .action((id: string) => withDatabase((prisma, env) => replay(prisma, env, id))),
    );
}

async function withDatabase(
  use: (prisma: PrismaClient, env: Record<string, string | undefined>) => Promise<void>,
): Promise<void> {
  const env = await runningProduct(['DATABASE_URL']);
  const prisma = createPrisma(env.DATABASE_URL, { maxConnections: 1 });
  try {
    await use(prisma, env);
  } finally {
    await prisma.$disconnect();
  }
}

async function list(prisma: PrismaClient, { account, customer, type, waiting, limit, json }: ListFlags): Promise<void> {
  const rows = await prisma.stripeEvent.findMany({
    where: {
      ...(account ? await ofAccount(prisma, account) : {}),
      ...(customer ? { customerId: customer } : {}),
      ...(type ? { type: type.endsWith('*') ? { startsWith: type.slice(0, -1) } : type } : {}),
      ...(waiting ? { forwardedAt: null, NOT: { customerId: null, chargeId: null } } : {}),
    },
    orderBy: [{ receivedAt: 'desc' }, { id: 'asc' }],
    take: limit,
  });
  const events = await withAccounts(prisma, rows);
  if (json) console.log(JSON.stringify(events, null, 2));
  else console.log(events.length === 0 ? 'There are none.' : events.map(lineOf).join('\n'));
}

/** Also what its customer's events were before they were forwarded. */
async function ofAccount(prisma: PrismaClient, id: string) {
  const found = await prisma.account.findUnique({ where: { id }, select: { stripeCustomerId: true } });
  const customerId = found?.stripeCustomerId;
  return { OR: [{ accountId: id }, ...(customerId ? [{ customerId }] : [])] };
}

type Row = Awaited<ReturnType<PrismaClient['stripeEvent']['findMany']>>[number];

async function withAccounts(prisma: PrismaClient, rows: Row[]): Promise<(Row & LoggedEvent & { state: string })[]> {
  const customers = [...new Set(rows.flatMap(({ customerId }) => customerId ?? []))];
  const accounts = await prisma.account.findMany({
    where: { stripeCustomerId: { in: customers } },
    select: { id: true, stripeCustomerId: true },
  });
  const linked = new Map(accounts.map(({ id, stripeCustomerId }) => [stripeCustomerId, id]));
  return rows.map((row) => {
    const event = { ...row, linkedAccountId: linked.get(row.customerId) ?? null };
    return { ...event, state: stateOfEvent(event) };
  });
}

function lineOf(event: Row & LoggedEvent & { state: string }): string {
  const { id, type, receivedAt, source, customerId, accountId, linkedAccountId, state } = event;
  const whose = accountId ?? linkedAccountId ?? customerId ?? '-';
  return `${receivedAt.toISOString()}  ${id}  ${type}  ${whose}  ${source}  ${state}`;
}

async function replay(prisma: PrismaClient, env: Record<string, string | undefined>, id: string): Promise<void> {
  const known = await prisma.stripeEvent.findUnique({ where: { id } });
  if (known && known.customerId === null && known.chargeId === null)
    throw new PlatformError(`${id} (${known.type}) is about no customer: there is nobody to forward it to.`);
  if (known) {
    await prisma.stripeEvent.update({
      where: { id },
      data: { forwardedAt: null, actedAt: null, outcome: null, replayedAt: new Date(), replays: { increment: 1 } },
    });
  } else await fetchEvent(prisma, env, id);
  const isDone = async () => (await prisma.stripeEvent.findUnique({ where: { id } }))?.actedAt != null;
  const waitsForLink = async () => {
    const row = await prisma.stripeEvent.findUnique({ where: { id } });
    return row !== null && row.customerId !== null && !(await isLinked(prisma, row.customerId));
  };
  await poll(async () => (await isDone()) || (await waitsForLink()), { timeoutMs: ACTED_WITHIN_MS, everyMs: 250 });
  const [event] = await withAccounts(prisma, await prisma.stripeEvent.findMany({ where: { id } }));
  if (event) console.log(lineOf(event));
  if (!(await isDone())) process.exitCode = 1;
}

async function isLinked(prisma: PrismaClient, stripeCustomerId: string): Promise<boolean> {
  const where = { stripeCustomerId };
  const counts = await Promise.all([prisma.account.count({ where }), prisma.deletedAccount.count({ where })]);
  return counts.some((count) => count > 0);
}

async function fetchEvent(prisma: PrismaClient, env: Record<string, string | undefined>, id: string): Promise<void> {
  if (!env.STRIPE_SECRET_KEY)
    throw new PlatformError(`${id} never arrived here. Set STRIPE_SECRET_KEY, so that it can be fetched from Stripe.`);
  const stripe = createStripe(env.STRIPE_SECRET_KEY, env.STRIPE_API_BASE);
  try {
    const event = await stripe.events.retrieve(id);
    await prisma.stripeEvent.createMany({
      data: { ...eventRow(event), source: 'replay', replayedAt: new Date(), replays: 1 },
      skipDuplicates: true,
    });
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
    throw new PlatformError(
      `${id} never arrived here, and Stripe does not have it: ${error.message} It keeps events for 30 days.`,
    );
  }
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1 || number > 10_000)
    throw new InvalidArgumentError('Give a whole number from 1 to 10,000.');
  return number;
}
