import type { LoaderFunctionArgs } from '@remix-run/node';
import { createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';

/** Everything that we hold of the account, as a file. */
export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const accountId = params.accountId ?? '';
  try {
    const path = `/api/v1/accounts/${encodeURIComponent(accountId)}/export`;
    const answer = await createApiClient(context, request).getRaw(path);
    return new Response(answer.body, {
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-disposition':
          answer.headers.get('content-disposition') ?? 'attachment; filename="leasehold-account.json"',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    return throwFailure(error, request);
  }
}
