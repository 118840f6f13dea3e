import { z } from '@hono/zod-openapi';
import { normalText, TEXT_RULES, type TextKind, textFault } from '#domain/text-rules.ts';

/**
 * A text in a body, a path, a query or a header: what `domain/text-rules.ts` refuses is refused with its sentence, the
 * rest comes in as it is stored.
 */
export function textOf(kind: TextKind) {
  return z
    .string()
    .superRefine((value, context) => {
      const message = textFault(kind, value);
      if (message !== null) context.addIssue({ code: 'custom', message, params: { reason: 'text' } });
    })
    .overwrite(normalText)
    .openapi({ minLength: 1, maxLength: TEXT_RULES[kind].longest });
}

/** An e-mail address. */
export function emailAddress() {
  return z.email().check(
    z.superRefine((value, context) => {
      const message = textFault('emailAddress', value);
      if (message !== null) context.addIssue({ code: 'custom', message, params: { reason: 'text' } });
    }),
  );
}
