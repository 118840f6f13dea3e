/** The simulator's control surface, `/_sim` (see `stripe-simulator/README.md`). */
export class SimulatorControl {
  private readonly base: string;

  /** @param base the simulator's address, for example `http://127.0.0.1:4313` */
  constructor(base: string) {
    this.base = base;
  }

  /** The clock's time, and the next instant at which something happens on it by itself. */
  clock(clockId: string): Promise<{ now: string; nextDueAt: string | null }> {
    return this.call('GET', `/clocks/${clockId}`);
  }

  /** Moves a clock, doing everything that falls due at its own instant. */
  async advance(clockId: string, to: string): Promise<void> {
    await this.call('POST', `/clocks/${clockId}/advance`, { to });
  }

  /** Whether the clock flows with wall time. */
  async tick(clockId: string, ticking: boolean): Promise<void> {
    await this.call('POST', `/clocks/${clockId}/tick`, { ticking });
  }

  /** Waits until no webhook of a customer is on its way. */
  async settle(customer: string, timeoutMs = 30_000): Promise<void> {
    const { settled, pending } = await this.call<{ settled: boolean; pending: number }>('POST', '/deliveries/settle', {
      customer,
      timeoutMs,
    });
    if (!settled)
      throw new Error(`${pending} webhooks of ${customer} were not delivered within ${timeoutMs / 1000} s.`);
  }

  /** The webhooks of a customer with their attempts, oldest first. */
  async deliveries(
    customer: string,
  ): Promise<{ event: string; type: string; status: string; attempts: { status: number | null }[] }[]> {
    const { deliveries } = await this.call<{ deliveries: Awaited<ReturnType<SimulatorControl['deliveries']>> }>(
      'GET',
      `/deliveries?customer=${customer}`,
    );
    return deliveries;
  }

  /** Fails the next `count` calls of the API with `status`, by default all, else those about a customer; 0 ends it. */
  async failApi(count: number, status = 500, customer?: string): Promise<void> {
    await this.call('POST', '/faults', { failApi: { count, status }, ...(customer === undefined ? {} : { customer }) });
  }

  /** The bank of a charge's cardholder opens a dispute. Returns its id. */
  async openDispute(charge: string): Promise<string> {
    return (await this.call<{ id: string }>('POST', '/disputes', { charge })).id;
  }

  /** The bank decides a dispute. */
  async closeDispute(dispute: string, outcome: 'won' | 'lost'): Promise<void> {
    await this.call('POST', `/disputes/${dispute}/close`, { outcome });
  }

  /** Sends an event once more. */
  async redeliver(eventId: string): Promise<void> {
    await this.call('POST', `/events/${eventId}/redeliver`);
  }

  /** What becomes of a customer's webhooks from now on; `release` ends it. Dropped ones never come by themselves. */
  async setDeliveries(customer: string, how: 'hold' | 'duplicate' | 'shuffle' | 'drop' | 'release'): Promise<void> {
    await this.call('POST', '/faults', { customer, deliveries: how });
  }

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.base}/_sim${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The simulator refused ${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
