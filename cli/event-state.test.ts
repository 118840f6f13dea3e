import { expect, test } from 'vitest';
import { type LoggedEvent, stateOfEvent } from './event-state.ts';

const at = new Date('2026-03-01T00:00:00.000Z');
const received: LoggedEvent = {
  customerId: 'cus_1',
  chargeId: null,
  forwardedAt: null,
  actedAt: null,
  outcome: null,
  replays: 0,
  linkedAccountId: 'demo',
};

test.each<[string, Partial<LoggedEvent>, string]>([
  ['nobody has its customer', { linkedAccountId: null }, 'waits: no account has this customer'],
  ['its account is known', {}, 'waits to be forwarded'],
  ['it is a dispute', { customerId: null, chargeId: 'ch_1' }, 'waits: its customer is looked up'],
  ['it is about a product', { customerId: null }, 'kept: it is about no customer'],
  ['its workflow has it', { forwardedAt: at }, 'forwarded 2026-03-01T00:00:00.000Z, not acted on yet'],
  [
    'something came of it',
    { forwardedAt: at, actedAt: at, outcome: 'active, version 3', replays: 2 },
    'acted on 2026-03-01T00:00:00.000Z: active, version 3, replayed 2 times',
  ],
])('when %s, support reads so', (_when, changes, state) => {
  expect(stateOfEvent({ ...received, ...changes })).toBe(state);
});
