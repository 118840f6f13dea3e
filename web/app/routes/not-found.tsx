import { useRouteError } from '@remix-run/react';
import { FailurePage } from '../ui/failure-page.tsx';

/** Every address that nothing else answers. */
export function loader(): never {
  throw new Response(null, { status: 404 });
}

export default function NotFound() {
  return null;
}

export function ErrorBoundary() {
  return <FailurePage error={useRouteError()} />;
}
