import type { Catalog } from '#domain/catalog.ts';

/** Accounts whose plan a catalog lacks. */
export interface Stranded {
  planId: string;
  accounts: number;
}

/** A catalog that lacks plans that accounts have: names them and how many accounts there are. */
export class CustomersStranded extends Error {
  constructor(catalog: Catalog, stranded: Stranded[]) {
    const lines = stranded.map(
      ({ planId, accounts }) =>
        `  - ${accounts} ${accounts === 1 ? 'account has' : 'accounts have'} the plan ${planId}, which the catalog lacks`,
    );
    super(
      `Catalog ${catalog.id} would strand customers:\n${lines.join('\n')}\nKeep such a plan with \`retired: true\`: nobody can buy it any more, and those who have it keep it.`,
    );
    this.name = 'CustomersStranded';
  }
}

/**
 * @param accountsByPlan how many accounts have each plan
 * @throws CustomersStranded
 */
export function refuseStranded(catalog: Catalog, accountsByPlan: ReadonlyMap<string, number>): void {
  const plans = new Set(catalog.plans.map(({ id }) => id));
  const stranded = [...accountsByPlan]
    .filter(([planId, accounts]) => accounts > 0 && !plans.has(planId))
    .map(([planId, accounts]) => ({ planId, accounts }));
  if (stranded.length > 0) throw new CustomersStranded(catalog, stranded);
}
