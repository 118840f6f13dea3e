import { z } from 'zod';
import { invalidRequest, type StripeError } from '../engine/stripe-error.ts';

/** Types of form-encoded parameters: everything arrives as text. */
export const text = z.string();
export const nonEmpty = z.string().min(1);
export const integer = z
  .string()
  .regex(/^-?\d+$/)
  .transform(Number);
export const positive = integer.pipe(z.number().int().min(1));
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
/** Text that an empty value clears. */
export const clearable = z.string().transform((value) => (value === '' ? null : value));
/** Keys with text; an empty value clears all. */
export const metadata = z.union([z.literal('').transform(() => null), z.record(z.string(), z.string())]);
/** Only `false`: for switches of features that are not simulated. */
export const onlyFalse = z.literal('false').transform(() => false as const);
export const emptied = z.literal('').transform(() => null);

export const paging = {
  limit: integer.pipe(z.number().int().min(1).max(100)).optional(),
  starting_after: nonEmpty.optional(),
  ending_before: nonEmpty.optional(),
};

export const created = z
  .union([
    integer,
    z.strictObject({
      gt: integer.optional(),
      gte: integer.optional(),
      lt: integer.optional(),
      lte: integer.optional(),
    }),
  ])
  .optional();

/**
 * Parameters as their types; anything unknown, missing or malformed is refused as Stripe refuses it.
 * https://docs.stripe.com/error-codes#parameter-unknown
 *
 * @throws StripeError
 */
export function readParameters<S extends z.ZodType>(schema: S, fields: unknown): z.output<S> {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  throw refusal(result.error.issues);
}

function refusal(issues: readonly z.core.$ZodIssue[]): StripeError {
  const issue = issues.map(innermost).find((each) => each.code === 'unrecognized_keys') ?? innermost(issues[0]);
  if (issue.code === 'unrecognized_keys') {
    const param = bracketed([...issue.path, issue.keys[0] ?? '']);
    return invalidRequest(
      `Received unknown parameter: ${param}. If Stripe knows it, the Stripe simulator does not implement it; nothing was done.`,
      param,
      'parameter_unknown',
    );
  }
  const param = bracketed(issue.path);
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return invalidRequest(`Missing required param: ${param}.`, param, 'parameter_missing');
  }
  return invalidRequest(`Invalid ${param}: ${issue.message}`, param, 'parameter_invalid');
}

/** Of a union's branches, the one that understood most of the value. */
function innermost(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue {
  if (!issue) throw new Error('A refusal without a reason.');
  if (issue.code !== 'invalid_union') return issue;
  const branch = issue.errors.flat().find((each) => each.code === 'unrecognized_keys') ?? issue.errors.flat()[0];
  return branch ? { ...innermost(branch), path: [...issue.path, ...branch.path] } : issue;
}

function bracketed(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path.map(String);
  return `${first ?? ''}${rest.map((segment) => `[${segment}]`).join('')}`;
}
