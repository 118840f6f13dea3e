import { ensureDemoCustomer } from '../demo-customer.ts';
import type { Part } from '../part.ts';

/** A customer to sign in as, with a plan and a workspace. */
export const demo: Part = {
  name: 'demo',
  needs: ['worker', 'api'],
  async start({ env, describe }) {
    await ensureDemoCustomer(env);
    describe('demo@leasehold.test');
    return undefined;
  },
};
