import type { ShouldRevalidateFunction } from '@remix-run/react';

/**
 * Loads a billing page anew with the answer that refuses something: what was refused for good is asked for under a new key the next time,
 * or Stripe would repeat its refusal. What failed on the way keeps its key, as nobody knows whether it happened.
 */
export const loadsAfterRefusal: ShouldRevalidateFunction = ({ actionStatus, defaultShouldRevalidate }) =>
  defaultShouldRevalidate || (actionStatus !== undefined && actionStatus >= 400 && actionStatus < 500);
