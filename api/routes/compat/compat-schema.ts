import { z } from '@hono/zod-openapi';
import type { Interval } from '#domain/catalog.ts';
import { textOf } from '../../text-schema.ts';

const INTERVALS = {
  month: 'month',
  monthly: 'month',
  year: 'year',
  yearly: 'year',
  annual: 'year',
} as const satisfies Record<string, Interval>;

/** An interval as existing systems write it. Default: by the month. */
export const compatInterval = z
  .enum(['month', 'monthly', 'year', 'yearly', 'annual'])
  .default('month')
  .transform((value) => INTERVALS[value]);

export const urlAnswer = z.object({ url: z.string() });

/** Of an account that is an organisation's; read by the guard. */
export const organizationId = textOf('id').optional().openapi({ description: 'Default: the own account.' });
export const organizationQuery = z.object({ organizationId });
