import type { LoaderFunctionArgs } from '@remix-run/node';
import { passStreamOn } from '../activity/pass-stream-on.server.ts';

/** Live figures of a workspace, as server-sent events. */
export function loader(args: LoaderFunctionArgs) {
  const { workspaceId = '' } = args.params;
  return passStreamOn(args, `/api/v1/workspaces/${encodeURIComponent(workspaceId)}/live/stream`);
}
