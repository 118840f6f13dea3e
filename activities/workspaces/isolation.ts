import type { Logger } from '#telemetry/logger.ts';
import { enforceNetworkPolicy, type NetworkPolicy } from './network-policy.ts';

export interface Isolation {
  /** Sets the packet filter. Where it can't be set, that is logged once, and told by `state`. Never rejects. */
  enforce(): Promise<void>;
  /** `enforced`, or why not, for operators. */
  state(): string;
}

/** A host's packet filter, which the reconciler sets anew at each look. */
export function createIsolation(deps: { policy: NetworkPolicy; dockerHost: string; log: Logger }): Isolation {
  let state = 'not enforced yet';

  return {
    async enforce() {
      const before = state;
      try {
        await enforceNetworkPolicy(deps.policy, deps.dockerHost);
        state = 'enforced';
      } catch (error) {
        state = `not enforced: ${error instanceof Error ? error.message : error}`;
      }
      if (state === before) return;
      if (state === 'enforced')
        deps.log.info(deps.policy, 'the packet filter keeps workspaces from each other and from this host');
      else deps.log.warn({ state }, 'workspaces can reach services of this host: its packet filter could not be set');
    },
    state: () => state,
  };
}
