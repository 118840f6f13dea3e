import { type TextKind, textFault } from '#domain/text-rules.ts';
import { Problem } from '../problem.ts';

/** What the texts in the bodies of better-auth's endpoints are. Others, such as tokens, codes and links, are judged as `url`: one line. */
const KINDS = new Map<string, TextKind>([
  ['name', 'personName'],
  ['email', 'emailAddress'],
]);
/** Their length is checked beside; whatever can be typed may be in one. */
const PASSWORD = /password$/i;

/**
 * Looks at every text in the body of a request to better-auth, whichever endpoint it is for: so that none is forgotten
 * that a later version adds.
 *
 * @param request a copy; its body is read
 * @throws Problem 400 naming the first text that is refused and why
 */
export async function refuseUnfitTexts(request: Request): Promise<void> {
  if (!request.body) return;
  const body: unknown = await request.json().catch(() => null);
  if (typeof body !== 'object' || body === null) return;
  for (const [field, value] of Object.entries(body)) {
    if (PASSWORD.test(field) || value === null || value === undefined) continue;
    const kind = KINDS.get(field);
    if (kind === undefined && (typeof value !== 'string' || value === '')) continue;
    const fault = textFault(kind ?? 'url', value);
    if (fault === null) continue;
    throw new Problem(
      400,
      'request-invalid',
      'The request is malformed',
      `${kind ? `The ${field}` : `json.${field.slice(0, 100)}`} ${fault}. Correct it and send it again.`,
      { refusal: 'text' },
    );
  }
}
