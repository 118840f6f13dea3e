import type { LoaderFunctionArgs } from '@remix-run/node';
import { passStreamOn } from '../activity/pass-stream-on.server.ts';

/** The log of a workspace as it is written, as server-sent events: after the line that the browser, or `after`, names. */
export function loader(args: LoaderFunctionArgs) {
  const { workspaceId = '' } = args.params;
  const after = args.request.headers.get('last-event-id') ?? new URL(args.request.url).searchParams.get('after');
  return passStreamOn(
    args,
    `/api/v1/workspaces/${encodeURIComponent(workspaceId)}/logs?follow=true&tail=200`,
    after ? { 'last-event-id': after } : {},
  );
}
