import type { Scope } from '#domain/access.ts';

/** Whose a key is. */
export interface KeyReference {
  kind: 'user' | 'organisation';
  /** Id of the person or of the organisation. */
  id: string;
}

/** Who asks: a person with a session, or a program with a key. */
export type Principal =
  | { kind: 'user'; userId: string; name: string; email: string; sessionId: string }
  | { kind: 'key'; keyId: string; scopes: Scope[]; reference: KeyReference };
