/** What of a row of the inbox tells how far an event is. */
export interface LoggedEvent {
  customerId: string | null;
  chargeId: string | null;
  forwardedAt: Date | null;
  actedAt: Date | null;
  outcome: string | null;
  replays: number;
  /** The account that has its customer now. */
  linkedAccountId: string | null;
}

/** How far an event is, for support. */
export function stateOfEvent(event: LoggedEvent): string {
  const { replays } = event;
  const again = replays === 0 ? '' : `, replayed ${replays === 1 ? 'once' : `${replays} times`}`;
  return `${stageOf(event)}${again}`;
}

function stageOf({ customerId, chargeId, forwardedAt, actedAt, outcome, linkedAccountId }: LoggedEvent): string {
  if (actedAt) return `acted on ${actedAt.toISOString()}: ${outcome ?? ''}`;
  if (forwardedAt) return `forwarded ${forwardedAt.toISOString()}, not acted on yet`;
  if (customerId === null)
    return chargeId === null ? 'kept: it is about no customer' : 'waits: its customer is looked up';
  return linkedAccountId === null ? 'waits: no account has this customer' : 'waits to be forwarded';
}
