import { Link } from '@remix-run/react';
import type { HistoryRange } from '#api/answers.ts';
import { Card } from '../ui/card.tsx';
import { Fold } from '../ui/fold.tsx';
import type { UsageChart, UsageRow } from './usage-chart.ts';
import { UsageCurve } from './usage-curve.tsx';

/** What can be chosen, and how it is said. */
export const RANGES: Record<HistoryRange, string> = {
  '1h': '1 hour',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
};

interface HistoryCardProps {
  range: HistoryRange;
  charts: UsageChart[];
  rows: UsageRow[];
}

/** What it used over time. The ranges are links: they work without JavaScript, and each has its address. */
export function HistoryCard({ range, charts, rows }: HistoryCardProps) {
  return (
    <Card labelledBy="history">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h2 id="history" className="text-lg font-semibold tracking-tight">
          History
        </h2>
        <nav aria-label="Range of the history">
          <ul className="flex flex-wrap gap-1 text-sm">
            {Object.entries(RANGES).map(([each, text]) => (
              <li key={each}>
                <Link
                  to={`?range=${each}`}
                  replace
                  preventScrollReset
                  aria-current={each === range ? 'true' : undefined}
                  className="inline-flex min-h-11 items-center rounded-lg px-3 font-medium text-muted hover:text-ink aria-[current=true]:bg-neutral-soft aria-[current=true]:text-ink"
                >
                  {text}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <div className="mt-4 flex flex-col gap-8">
        {charts.map((chart) => (
          <UsageCurve key={chart.name} chart={chart} />
        ))}
      </div>
      {rows.length > 0 ? (
        <div className="mt-5">
          <Fold summary="Show as a table" about="what was used over time">
            <UsageTable rows={rows} />
          </Fold>
        </div>
      ) : null}
    </Card>
  );
}

function UsageTable({ rows }: { rows: UsageRow[] }) {
  const heads = ['From', 'CPU of what is allowed', 'Memory', 'Received', 'Sent', 'Ran'];
  return (
    // A wide table scrolls by itself, also with the keyboard.
    <section
      aria-label="Usage over time"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className="overflow-x-auto"
    >
      <table className="w-full min-w-[44rem] text-left text-sm tabular-nums">
        <thead className="text-muted">
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className="py-2 pr-4 font-medium">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.at} className="border-t border-line">
              <th scope="row" className="py-2 pr-4 font-normal">
                <time dateTime={row.at}>{row.time}</time>
              </th>
              {[row.cpu, row.memory, row.received, row.sent, row.ran].map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns never change places
                <td key={index} className="py-2 pr-4">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
