import { useEffect } from 'react';
import { buttonClasses } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

/** Leads on to a page of Stripe's: by itself, and by a link where there is no JavaScript. */
export function GoOn({ to }: { to: string | undefined }) {
  useEffect(() => {
    if (to) window.location.assign(to);
  }, [to]);
  if (!to) return null;
  return (
    <Notice tone="info" role="status">
      <p className="mb-3">It goes on on Stripe’s page.</p>
      <a href={to} className={buttonClasses('primary')}>
        Go on
      </a>
    </Notice>
  );
}
