/** Only ways within our own pages: nobody is sent elsewhere by a link to ours. Anything else is `null`. */
export function ownPath(path: string | null): string | null {
  if (!path?.startsWith('/')) return null;
  // Browsers read a backslash as a slash, and skip control characters.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/^\/[/\\]|[\u0000-\u001f\\]/.test(path)) return null;
  return path;
}

/** The address of the sign-in page, from where one comes back to the page that was asked for. */
export function signInPathFor(request: Pick<Request, 'url'>): string {
  const { pathname, search } = new URL(request.url);
  return pathname === '/' ? '/sign-in' : `/sign-in?${new URLSearchParams({ next: pathname + search })}`;
}
