import type { AppLoadContext } from '@remix-run/node';
import { createApiClient } from './api-client.server.ts';

/** Whether whoever asks is signed in; an API that does not answer counts as no. */
export async function hasSession(context: AppLoadContext, request: Request): Promise<boolean> {
  if (!request.headers.has('cookie')) return false;
  try {
    return (await createApiClient(context, request).get<unknown>('/api/auth/get-session')) !== null;
  } catch {
    return false;
  }
}
