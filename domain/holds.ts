import type { Hold, HoldName, Standing } from './account-state.ts';
import type { Instant } from './time.ts';

const BILLING_REASONS: Partial<Record<Standing, string>> = {
  suspended: 'A payment is overdue. It runs again as soon as the payment arrives.',
  canceled: 'The subscription has ended. It runs again with a new subscription.',
  paused: 'The subscription is paused.',
};

/** The hold named `billing` follows the standing; all others are left alone. */
export function holdForStanding(holds: readonly Hold[], standing: Standing, now: Instant): Hold[] {
  const reason = BILLING_REASONS[standing];
  return reason === undefined
    ? withoutHold(holds, 'billing')
    : withHold(holds, { name: 'billing', since: now, reason });
}

/** Places a hold. One that is there already keeps its date and takes the new reason. */
export function withHold(holds: readonly Hold[], hold: Hold): Hold[] {
  const present = holds.find((each) => each.name === hold.name);
  if (!present) return [...holds, hold];
  return holds.map((each) => (each === present ? { ...present, reason: hold.reason } : each));
}

/** Lifts one hold and no other. */
export function withoutHold(holds: readonly Hold[], name: HoldName): Hold[] {
  return holds.filter((each) => each.name !== name);
}
