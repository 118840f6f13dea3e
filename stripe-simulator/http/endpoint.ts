import type { z } from 'zod';
import type { World } from '../engine/world.ts';

/** One of Stripe's endpoints. */
export interface Endpoint {
  method: 'get' | 'post' | 'delete';
  /** With `:id` where an id stands. */
  path: string;
  params: z.ZodType;
  /** Answers with an object or a list; throws `StripeError`. */
  run: (world: World, params: never, id: string) => object;
}

/** An endpoint whose `run` gets what its schema makes of the parameters. */
export function endpoint<S extends z.ZodType>(definition: {
  method: Endpoint['method'];
  path: string;
  params: S;
  run: (world: World, params: z.output<S>, id: string) => object;
}): Endpoint {
  return definition as unknown as Endpoint;
}
