import { Card } from '../ui/card.tsx';
import type { ExecutionsPanel } from './executions.ts';

/** How often plugins ran in the billing period, and the newest one by one. */
export function ExecutionsCard({ executions }: { executions: ExecutionsPanel | null }) {
  return (
    <Card labelledBy="executions">
      <h2 id="executions" className="text-lg font-semibold tracking-tight">
        Executions of plugins
      </h2>
      {executions === null ? (
        <p className="mt-3 text-muted">They can’t be read right now.</p>
      ) : (
        <>
          <p className="mt-2">{executions.total}</p>
          <p className="mt-1 text-sm text-muted">{executions.period}</p>
          {executions.recent.length > 0 ? (
            <ul aria-label="The newest" className="mt-4 flex flex-col text-sm">
              {executions.recent.map((each) => (
                <li key={each.id} className="flex flex-wrap justify-between gap-x-4 border-t border-line py-2">
                  <span className="min-w-0 font-medium break-words">{each.plugin}</span>
                  <span className="text-muted">
                    {each.outcome} · <time dateTime={each.at}>{each.moment}</time>
                  </span>
                </li>
              ))}
            </ul>
          ) : null}
        </>
      )}
    </Card>
  );
}
