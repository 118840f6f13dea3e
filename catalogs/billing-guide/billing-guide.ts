import type { Catalog } from '#domain/catalog.ts';
import { adviceOn, DECLINE_CODES } from '#domain/decline-codes.ts';
import { type Effect, MAIL_TOPICS } from '#domain/effect.ts';
import { sizeText } from '#domain/size-words.ts';
import { billingErrorOf } from '#domain/stripe-errors.ts';
import { STRIPE_EVENTS } from '#domain/stripe-events.ts';
import { DAY_MS, msBetween } from '#domain/time.ts';
import { type Column, markdownTable } from '../markdown-table.ts';
import type { Outcome } from './example-account.ts';
import { actorsOf, changeSituations, dunningDays, endSituations, paymentSituations, standings } from './situations.ts';

const NONE = '–';

/** What is done at Stripe by an effect; mails and what is ours alone do nothing there. */
const AT_STRIPE: Record<Exclude<Effect['kind'], 'mail'>, string> = {
  'cancel-subscription': 'the subscription is cancelled',
  'end-add-on': 'the add-on is not renewed',
  'end-duplicate': 'the second subscription is cancelled and its payment refunded',
  'end-billing': 'every subscription is cancelled',
  'delete-account': NONE,
};

const ERRORS: [what: string, error: object | null][] = [
  ['the card is declined', { type: 'card_error', code: 'card_declined' }],
  ['too many requests', { statusCode: 429 }],
  ['Stripe fails or does not answer', { statusCode: 500 }],
  ['Stripe refuses the request', { type: 'invalid_request_error', statusCode: 400 }],
  ['anything else', null],
];

/**
 * What happens when, for people who look after the money: Markdown tables under a catalog. The situations are gone through by the
 * rules themselves (`decide`), so the tables are what the product does, not what somebody wrote that it does.
 */
export function billingGuide(catalog: Catalog): string {
  const actors = actorsOf(catalog);
  const tables = [
    markdownTable('How an account stands', standings(actors), [
      ['stands', ({ standing }) => `\`${standing}\``],
      ['at Stripe', ({ status }) => status],
      ['plan in force', ({ outcome }) => outcome.state.plan.name],
      ['workspaces', ({ outcome }) => workspacesOf(outcome)],
      ['owed', ({ outcome }) => yesNo(outcome.state.debt !== null)],
      ['what comes, days from then', ({ outcome }) => upcomingOf(outcome)],
      ['why it is held', ({ outcome }) => orNone(outcome.state.holds.map(({ reason }) => reason))],
    ]),
    markdownTable('A renewal that is never paid', dunningDays(actors), [
      ['day', ({ day }) => String(day)],
      ...columns<{ outcome: Outcome }>(({ outcome }) => outcome),
    ]),
    ...(
      [
        ['Payments', paymentSituations(actors)],
        ['Changes of what is bought', changeSituations(actors)],
        ['Disputes, refunds, pauses and closing', endSituations(actors)],
      ] as const
    ).map(([heading, situations]) =>
      markdownTable(heading, situations, [
        ['what happens', ({ what }) => what],
        ...columns<{ outcome: Outcome }>(({ outcome }) => outcome),
      ]),
    ),
    markdownTable('Events of Stripe', Object.entries(STRIPE_EVENTS), [
      ['event', ([type]) => `\`${type}\``],
      ['what it makes us do', ([, { does }]) => does],
    ]),
    markdownTable('Errors', ERRORS, [
      ['at Stripe', ([what]) => what],
      ['code', ([, error]) => `\`${billingErrorOf(error).code}\``],
      ['the customer reads', ([, error]) => `${billingErrorOf(error).message} ${billingErrorOf(error).advice}`],
      ['the same again may work', ([, error]) => yesNo(billingErrorOf(error).retryable)],
    ]),
    markdownTable('Declined cards', DECLINE_CODES, [
      ["Stripe's code", (code) => `\`${code}\``],
      ['the customer reads', (code) => adviceOn(code).advice],
      ['the same card may work', (code) => yesNo(adviceOn(code).retryable)],
      ['the code is shown', (code) => yesNo(adviceOn(code).shownAs !== null)],
    ]),
  ];
  return `${tables.join('\n\n')}\n`;
}

function columns<Row>(outcomeOf: (row: Row) => Outcome): Column<Row>[] {
  const cell = (of: (outcome: Outcome) => string) => (row: Row) => of(outcomeOf(row));
  return [
    ['stands', cell(({ state }) => `\`${state.standing}\``)],
    ['plan', cell(({ state }) => state.plan.name)],
    ['workspaces', cell(workspacesOf)],
    ['owed', cell(({ state }) => yesNo(state.debt !== null))],
    ['history on the account page', cell(({ happened }) => orNone(happened.map(({ text }) => text)))],
    [
      'mail',
      cell(({ effects }) =>
        orNone(effects.flatMap((each) => (each.kind === 'mail' ? MAIL_TOPICS[each.template] : []))),
      ),
    ],
    ['we do at Stripe', cell(({ effects }) => orNone(effects.flatMap(atStripe)))],
  ];
}

function atStripe(effect: Effect): string[] {
  if (effect.kind === 'mail' || AT_STRIPE[effect.kind] === NONE) return [];
  const voids = effect.kind === 'cancel-subscription' && effect.voidOpenInvoices;
  return [voids ? `${AT_STRIPE[effect.kind]}, its open invoices are voided` : AT_STRIPE[effect.kind]];
}

function workspacesOf({ state }: Outcome): string {
  const [workspace] = state.workspaces;
  if (!workspace) return NONE;
  const { state: wanted, size } = workspace.desired;
  if (wanted === 'deleted') return 'deleted, with their data';
  return wanted === 'running' ? `run with ${sizeText('memoryMb', size.memoryMb)}` : 'stopped, data kept';
}

/** What comes if nothing changes, with the days from then. */
function upcomingOf({ view }: Outcome): string {
  const texts = [...new Set(view.upcoming.map(({ text }) => text))];
  const daysOf = (text: string) =>
    view.upcoming.filter((each) => each.text === text).map(({ at }) => Math.round(msBetween(view.now, at) / DAY_MS));
  return orNone(texts.map((text) => `${daysOf(text).join(', ')}: ${text}`));
}

function orNone(texts: string[]): string {
  return texts.length === 0 ? NONE : texts.join(' ');
}

function yesNo(is: boolean): string {
  return is ? 'yes' : 'no';
}
