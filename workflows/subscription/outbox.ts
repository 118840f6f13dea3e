import { condition, log } from '@temporalio/workflow';
import { type Effect, MAIL_TOPICS } from '#domain/effect.ts';
import { addMs, earliest } from '#domain/time.ts';
import type { AccountDesk } from './account-desk.ts';
import { sideEffects } from './activity-stubs.ts';
import { BackOff, msUntil, workflowNow } from './clock.ts';

const FIRST_RETRY_MS = 10_000;
const LONGEST_RETRY_MS = 15 * 60_000;

/** Carries out the effects of the outbox one by one. A failing one waits, the others go on; none is ever lost. */
export async function emptyOutbox(desk: AccountDesk): Promise<void> {
  const backOffs = new Map<string, BackOff>();
  const due = () => desk.dueEffects(workflowNow())[0];
  while (!desk.ending) {
    const retryAt = earliest(desk.readyEffects().flatMap(({ id }) => desk.retryAt.get(id) ?? []));
    const wake = () => desk.ending || due() !== undefined;
    if (retryAt === null) await condition(wake);
    else await condition(wake, msUntil(retryAt), { summary: 'Try again what could not be sent' });
    const effect = desk.ending ? undefined : due();
    if (!effect) continue;
    try {
      await carryOut(desk, effect);
      backOffs.delete(effect.id);
      desk.retryAt.delete(effect.id);
    } catch (error) {
      const backOff = backOffs.get(effect.id) ?? new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
      backOffs.set(effect.id, backOff);
      desk.retryAt.set(effect.id, addMs(workflowNow(), backOff.nextMs()));
      log.warn('An effect failed; it stays in the outbox.', { effect: effect.id, error: String(error) });
    }
  }
}

async function carryOut(desk: AccountDesk, effect: Effect): Promise<void> {
  const { state } = desk;
  if (!state) return;
  switch (effect.kind) {
    case 'mail':
      await sideEffects.sendMail({
        accountId: state.accountId,
        ownerUserId: state.ownerUserId,
        organisationId: state.organisationId,
        effect,
        now: workflowNow(),
      });
      desk.effectDone(effect, [
        {
          id: effect.id,
          at: workflowNow(),
          kind: 'mail-sent',
          text: `We wrote to you: ${MAIL_TOPICS[effect.template]}.`,
        },
      ]);
      return;
    case 'cancel-subscription':
      await sideEffects.cancelSubscription({
        subscriptionId: effect.subscriptionId,
        voidOpenInvoices: effect.voidOpenInvoices,
        idempotencyKey: `${state.accountId}/${effect.id}`,
      });
      desk.effectDone(effect, []);
      desk.lookAsked = true;
      return;
    case 'end-add-on':
      await sideEffects.endAddOn({
        subscriptionId: effect.subscriptionId,
        idempotencyKey: `${state.accountId}/${effect.id}`,
      });
      desk.effectDone(effect, []);
      desk.lookAsked = true;
      return;
    case 'end-duplicate': {
      const { subscriptionId, survivorId, invoiceId } = effect;
      const idempotencyKey = `${state.accountId}/${effect.id}`;
      const result = await sideEffects.endDuplicate({ subscriptionId, survivorId, invoiceId, idempotencyKey });
      desk.duplicateDone(effect, result, workflowNow());
      desk.lookAsked = true;
      return;
    }
    case 'end-billing':
      await sideEffects.endBilling({
        stripeCustomerId: state.stripeCustomerId,
        idempotencyKey: `${state.accountId}/${effect.id}`,
      });
      desk.effectDone(effect, []);
      desk.lookAsked = true;
      return;
    case 'delete-account':
      await sideEffects.deleteAccount({
        accountId: state.accountId,
        stripeCustomerId: state.stripeCustomerId,
        now: workflowNow(),
      });
      desk.accountDeleted = true;
  }
}
