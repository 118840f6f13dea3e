import { APIError } from 'better-auth/api';
import { normalText, type TextKind, textFault } from '#domain/text-rules.ts';

/** The code by which `refusalOf` knows a text that was refused. */
export const TEXT_UNFIT = 'TEXT_UNFIT';

/**
 * A text that came to better-auth, as it is stored.
 *
 * @param field what it is called in the refusal
 * @throws APIError 400 with the sentence of `domain/text-rules.ts`
 */
export function fitText(kind: TextKind, field: string, value: unknown): string {
  const fault = textFault(kind, value);
  if (fault !== null) throw new APIError('BAD_REQUEST', { code: TEXT_UNFIT, message: `${field} ${fault}` });
  return normalText(value as string);
}
