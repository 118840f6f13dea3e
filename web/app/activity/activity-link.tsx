import { Link } from '@remix-run/react';
import { ChartLine } from 'lucide-react';

/** From a workspace to what it does and did. */
export function ActivityLink({ workspaceId, name }: { workspaceId: string; name: string }) {
  return (
    <p className="mt-5 text-sm">
      <Link
        to={`workspaces/${encodeURIComponent(workspaceId)}/activity`}
        className="inline-flex min-h-11 items-center gap-2 font-medium underline decoration-line underline-offset-4 hover:decoration-current"
      >
        <ChartLine aria-hidden="true" className="size-4" />
        <span>
          Usage over time, executions and log<span className="sr-only"> of {name}</span>
        </span>
      </Link>
    </p>
  );
}
