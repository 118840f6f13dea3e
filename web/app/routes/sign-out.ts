import { type ActionFunctionArgs, redirect } from '@remix-run/node';
import { createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { rememberSeenVersion } from '../api/seen-version.server.ts';

export async function action({ request, context }: ActionFunctionArgs) {
  const headers = new Headers();
  try {
    const { setCookies } = await createApiClient(context.apiUrl, request).post('/api/auth/sign-out');
    for (const cookie of setCookies) headers.append('set-cookie', cookie);
  } catch (error) {
    throwFailure(error);
  }
  headers.append('set-cookie', await rememberSeenVersion(null));
  return redirect('/sign-in', { headers });
}

export function loader() {
  return redirect('/account');
}
