import { sleep } from '@temporalio/activity';
import type Stripe from 'stripe';
import { eventLabel, knownEvent, subjectOf } from '#domain/stripe-events.ts';
import { isMissingAtStripe, toStripeFailure } from '../stripe-failure.ts';
import type { EventsPage, EventsPosition, ReconciliationActivities } from './contracts.ts';
import type { ReconciliationDeps } from './deps.ts';
import { keepBeating } from './keep-beating.ts';
import type { Pace } from './pace.ts';

/** Stripe's largest page. */
const PAGE = 100;
/** Pages in one call of the activity. */
const PAGES = 20;

interface Progress {
  position: EventsPosition;
  lastEventId: string | null;
  listed: number;
  pages: number;
}

interface Step {
  data: Stripe.Event[];
  next: EventsPosition | null;
  lastEventId: string | null;
}

/**
 * Walks `events.list`, which keeps 30 days and is newest first: https://docs.stripe.com/api/events/list. Only types that something is
 * done about count as missing: an endpoint at Stripe need not be subscribed to others.
 */
export function createWalkEvents(deps: ReconciliationDeps, pace: Pace): ReconciliationActivities['walkEvents'] {
  const { stripe, confirmAfterMs = 5_000 } = deps;

  async function step({ direction, from }: EventsPosition, lastEventId: string | null): Promise<Step> {
    try {
      if (direction === 'newer' && from !== null) {
        const { data, has_more: more } = await stripe.events.list({ limit: PAGE, ending_before: from });
        const newest = data[0]?.id ?? from;
        return { data, next: more ? { direction, from: newest } : null, lastEventId: newest };
      }
      const { data, has_more: more } = await stripe.events.list({
        limit: PAGE,
        ...(from === null ? {} : { starting_after: from }),
      });
      const oldest = data.at(-1)?.id;
      return {
        data,
        next: more && oldest ? { direction: 'older', from: oldest } : null,
        lastEventId: from === null ? (data[0]?.id ?? null) : lastEventId,
      };
    } catch (error) {
      if (!isMissingAtStripe(error)) throw toStripeFailure(error);
      // Stripe no longer has the event. Newer ones can't be told then: everything is walked. Older ones are gone as well.
      const next: EventsPosition | null = direction === 'newer' ? { direction: 'older', from: null } : null;
      return { data: [], next, lastEventId: next ? null : lastEventId };
    }
  }

  async function store(runId: string, events: Stripe.Event[]): Promise<void> {
    const wanted = events.filter(({ type }) => knownEvent(type));
    if ((await lacking(wanted)).length === 0) return;
    await sleep(confirmAfterMs);
    const missing = await lacking(wanted);
    const stored = await deps.prisma.stripeEvent.createManyAndReturn({
      data: missing.map((event) => ({ ...eventRow(event), source: 'reconciliation', runId })),
      skipDuplicates: true,
    });
    for (const { id, type, customerId } of stored) {
      deps.metrics.eventMissing(eventLabel(type));
      deps.log.warn({ runId, eventId: id, type, customerId }, 'an event of Stripe had not arrived');
    }
  }

  async function lacking(events: Stripe.Event[]): Promise<Stripe.Event[]> {
    const ids = events.map(({ id }) => id);
    const rows = await deps.prisma.stripeEvent.findMany({ where: { id: { in: ids } }, select: { id: true } });
    const known = new Set(rows.map(({ id }) => id));
    return events.filter(({ id }) => !known.has(id));
  }

  return ({ runId, from, lastEventId }) =>
    keepBeating<Progress, EventsPage>({ position: from, lastEventId, listed: 0, pages: 0 }, async (progress, note) => {
      for (;;) {
        await pace();
        const { data, next, lastEventId: newest } = await step(progress.position, progress.lastEventId);
        await store(runId, data);
        deps.metrics.eventsListed(data.length);
        const listed = progress.listed + data.length;
        if (!next || progress.pages + 1 >= PAGES) return { listed, next, lastEventId: newest };
        progress = { position: next, lastEventId: newest, listed, pages: progress.pages + 1 };
        note(progress);
      }
    });
}

/** What the inbox keeps of an event that was read from Stripe. */
export function eventRow(event: Stripe.Event) {
  const { id, type, api_version: apiVersion, livemode, created, data } = event;
  return {
    id,
    type,
    ...subjectOf(type, data.object, data.previous_attributes),
    apiVersion,
    livemode,
    createdAt: new Date(created * 1_000),
  };
}
