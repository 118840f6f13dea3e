/** Why something was refused, as operators count it: few, and none says what was in a request. */
export type RefusalReason =
  /** A text that `domain/text-rules.ts` refuses. */
  | 'text'
  /** Not UTF-8, a NUL, half a character. */
  | 'encoding'
  /** Malformed in another way. */
  | 'shape'
  | 'size'
  | 'content-type'
  | 'unauthenticated'
  /** Known, and may not. */
  | 'forbidden'
  | 'not-found'
  | 'rate'
  /** Not as things are: taken, over, suspended. */
  | 'state';

/** Where it was refused. `mail`: a mail to an address that somebody typed was not sent. */
export type RefusalDoor = 'api' | 'auth' | 'webhook' | 'mail';

const BY_STATUS: Record<number, RefusalReason> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  413: 'size',
  415: 'content-type',
  429: 'rate',
};

/** Why a problem below 500 refuses. */
export function reasonOf({ status, refusal }: { status: number; refusal: RefusalReason | undefined }): RefusalReason {
  if (refusal) return refusal;
  return BY_STATUS[status] ?? (status === 400 ? 'shape' : 'state');
}

/** At which door a request stood, by its path. */
export function doorOf(path: string): RefusalDoor {
  if (path.startsWith('/api/auth/')) return 'auth';
  return /webhook/.test(path) ? 'webhook' : 'api';
}
