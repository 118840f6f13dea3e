import { type LoaderFunctionArgs, redirect } from '@remix-run/node';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';

/** Where another service sends people back to. The API decides; its cookies and its redirect go on to the browser. */
export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const { search } = new URL(request.url);
  const path = `/api/auth/callback/${encodeURIComponent(params.provider ?? '')}${search}`;
  const answer = await createApiClient(context, request)
    .getRaw(path)
    .catch(() => null);
  const location = answer?.headers.get('location') ?? '/sign-in?error=provider';
  return redirect(location, { headers: cookieHeaders(answer?.headers.getSetCookie() ?? []) });
}
