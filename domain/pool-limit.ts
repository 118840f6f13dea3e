import { type Pool, UNLIMITED } from './catalog.ts';
import type { PoolShortage } from './commands.ts';
import type { Offers } from './offers.ts';
import { cheapest, type LimitLift, type PlanLimitError, wayOut } from './plan-limit.ts';

const REACHED: Record<keyof Pool, string> = {
  workspaces: 'Workspace limit reached.',
  memoryMb: 'Memory limit reached.',
  cpuPercent: 'CPU limit reached.',
  storageMb: 'Storage limit reached.',
  bandwidthGb: 'Bandwidth limit reached.',
};

/**
 * What an answer says of a call that would have taken more of the pool than there is.
 *
 * @param offers what the account could take: the cheapest plan and the cheapest add-on that give enough are named
 */
export function poolLimitError(offers: Offers, { part, max, used, asked }: PoolShortage): PlanLimitError {
  const lifts = ({ may, entitlements }: Offers['plans'][number] | Offers['addOns'][number]) => {
    const given = entitlements.pool?.[part]?.value ?? 0;
    return may.ok && (given === UNLIMITED || given >= used + asked);
  };
  const liftedBy: LimitLift[] = [
    ...cheapest('plan', offers.plans.filter(lifts)),
    ...cheapest('add-on', offers.addOns.filter((each) => each.prices.length > 0).filter(lifts)),
  ];
  return { limit: part, max, used, asked, liftedBy, message: `${REACHED[part]} ${wayOut(liftedBy)}` };
}
