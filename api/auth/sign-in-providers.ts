/** Sign-in at other services. Each is offered when its settings are there. */
export interface SignInProviders {
  github?: { clientId: string; clientSecret: string } | undefined;
  /** Any provider of OpenID Connect. */
  oidc?: { name: string; discoveryUrl: string; clientId: string; clientSecret: string } | undefined;
}

/** Ids for `POST /api/auth/sign-in/social` `{provider}` and `/api/auth/callback/:id`, with what a button says. */
export function offeredProviders({ github, oidc }: SignInProviders): { id: string; name: string }[] {
  return [...(github ? [{ id: 'github', name: 'GitHub' }] : []), ...(oidc ? [{ id: 'oidc', name: oidc.name }] : [])];
}
