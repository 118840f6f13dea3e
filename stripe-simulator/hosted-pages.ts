import type Stripe from 'stripe';

export interface Submitted {
  status: number;
  text: string;
  /** Where a redirect leads; empty without one. */
  location: string;
}

const CARD = { email: 'ann@example.test', expiry: '12 / 34', cvc: '123' };

/** Sends a hosted page's form as a browser does, and does not follow. For tests. */
export async function submit(url: string, fields: Record<string, string>): Promise<Submitted> {
  const answer = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ ...CARD, ...fields }),
    redirect: 'manual',
  });
  const location = answer.headers.get('location') ?? '';
  return {
    status: answer.status,
    text: await answer.text(),
    location:
      location.startsWith('/authenticate') && !url.includes('/checkout/') ? new URL(location, url).href : location,
  };
}

/** The types of a customer's last events, oldest first. */
export async function eventTypes(stripe: Stripe, customer: string): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data
    .filter((event) => {
      const object = event.data.object as { id?: string; customer?: string };
      return object.customer === customer || object.id === customer;
    })
    .map(({ type }) => type)
    .reverse();
}
