import { Card } from '../ui/card.tsx';
import { TEXT, TINTED } from '../ui/tone-classes.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';
import { TimelineIcon } from './timeline-icon.tsx';

/** From one sign to the next. */
const LINE = 'absolute top-9 bottom-1 left-[15px] border-l-2 border-line';

/** What happened, where we are, and what happens next: one line through time, read from top to bottom. */
export function TimelineCard({ timeline }: { timeline: Timeline }) {
  const { past, now, upcoming } = timeline;
  return (
    <Card labelledBy="timeline">
      <h2 id="timeline" className="text-lg font-semibold tracking-tight">
        What happens next, and when
      </h2>
      {past === null ? (
        <p className="mt-4 text-sm text-muted">What happened so far can’t be read right now.</p>
      ) : (
        <>
          {past.earlier.length > 0 ? (
            <details className="mt-4">
              <summary className="rounded-md py-1 text-sm font-medium text-muted hover:text-ink">
                Earlier: {past.earlier.length} {past.earlier.length === 1 ? 'entry' : 'entries'}
              </summary>
              <ol aria-label="Earlier" className="mt-4">
                {past.earlier.map((entry) => (
                  <Entry key={entry.id} entry={entry} when="past" />
                ))}
              </ol>
            </details>
          ) : null}
          <ol aria-label="What happened" className="mt-5">
            {past.recent.map((entry) => (
              <Entry key={entry.id} entry={entry} when="past" />
            ))}
          </ol>
        </>
      )}
      <div className="relative flex gap-4 pb-6">
        <span aria-hidden="true" className={`${LINE} border-dashed`} />
        <span aria-hidden="true" className="flex size-8 shrink-0 items-center justify-center">
          <span className="size-3.5 rounded-full bg-accent ring-4 ring-accent/25" />
        </span>
        <p className="flex grow items-center gap-3 text-sm font-semibold text-accent">
          <span className="rounded-full bg-accent px-2.5 py-0.5 text-on-accent">Now</span>
          <time dateTime={now.iso}>
            {now.day}, {now.time}
          </time>
          <span aria-hidden="true" className="h-px min-w-4 grow bg-accent/40" />
        </p>
      </div>
      {upcoming.length > 0 ? (
        <ol aria-label="What happens next">
          {upcoming.map((entry) => (
            <Entry key={entry.id} entry={entry} when="to-come" />
          ))}
        </ol>
      ) : (
        <p className="pl-12 text-muted">Nothing is planned. All stays as it is.</p>
      )}
    </Card>
  );
}

interface EntryProps {
  entry: TimelineEntry;
  when: 'past' | 'to-come';
}

/** Done is filled, to come is dashed; the next thing that changes something stands out. */
function Entry({ entry, when }: EntryProps) {
  const { at, text, tone, decisive } = entry;
  const past = when === 'past';
  const icon = past || decisive ? TINTED[tone] : 'bg-card text-muted';
  return (
    <li className={`relative flex gap-4 pb-6 ${past ? '' : 'group last:pb-0'}`}>
      <span aria-hidden="true" className={`${LINE} group-last:hidden ${past ? 'border-solid' : 'border-dashed'}`} />
      <span
        className={`flex size-8 shrink-0 items-center justify-center rounded-full ${icon} ${past ? '' : 'border-2 border-dashed border-current'}`}
      >
        <TimelineIcon kind={entry.kind} />
      </span>
      <div className="min-w-0 grow pt-1">
        <p className={`leading-snug break-words ${decisive ? 'font-semibold' : ''}`}>{text}</p>
        <p className="mt-1 text-sm text-muted">
          <time dateTime={at.iso}>
            {at.day}, {at.time}
          </time>
          <span aria-hidden="true"> · </span>
          <span className={decisive ? `font-semibold ${TEXT[tone]}` : ''}>{at.relative}</span>
        </p>
      </div>
    </li>
  );
}
