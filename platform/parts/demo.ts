import type { Part } from '../part.ts';

/** A customer to sign in as, with a plan and a workspace. */
export const demo: Part = {
  name: 'demo',
  needs: ['worker', 'api'],
  async start({ env, describe }) {
    if (env.STRIPE_SECRET_KEY && !env.STRIPE_API_BASE) {
      describe('left out: a demo customer is not made at Stripe itself');
      return undefined;
    }
    // Its clients take a second to load: by now everything else is up.
    const { ensureDemoCustomer } = await import('../demo-customer.ts');
    await ensureDemoCustomer(env);
    describe(env.STRIPE_SECRET_KEY ? 'demo@leasehold.test' : 'demo@leasehold.test, on the free plan: billing is off');
    return undefined;
  },
};
