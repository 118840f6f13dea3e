import type { Part } from '../part.ts';

/** A customer to sign in as, with a plan and a workspace. */
export const demo: Part = {
  name: 'demo',
  needs: ['worker', 'api'],
  async start({ env, describe }) {
    if (!env.STRIPE_API_BASE) {
      describe('left out: a demo customer is made on the Stripe simulator only');
      return undefined;
    }
    // Its clients take a second to load: by now everything else is up.
    const { ensureDemoCustomer } = await import('../demo-customer.ts');
    await ensureDemoCustomer(env);
    describe('demo@leasehold.test');
    return undefined;
  },
};
