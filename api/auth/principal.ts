/** What a key may be used for. */
export const KEY_SCOPES = ['read', 'workspaces', 'billing', 'usage:write'] as const;
export type KeyScope = (typeof KEY_SCOPES)[number];

/** Whose a key is. */
export interface KeyReference {
  kind: 'user' | 'organisation';
  /** Id of the person or of the organisation. */
  id: string;
}

/** Who asks: a person with a session, or a program with a key. */
export type Principal =
  | { kind: 'user'; userId: string; name: string; email: string; sessionId: string }
  | { kind: 'key'; keyId: string; scopes: KeyScope[]; reference: KeyReference };
