import { Form } from '@remix-run/react';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { type MeResult, refusedIn } from './me-result.ts';
import type { SessionView } from './session-view.ts';

interface SessionsCardProps {
  /** `null`: to see them, one has to sign in again. */
  sessions: SessionView[] | null;
  result: MeResult | undefined;
  /** Something is under way. */
  off: boolean;
}

/** Where a person is signed in, and how to end that. */
export function SessionsCard({ sessions, result, off }: SessionsCardProps) {
  return (
    <Card labelledBy="sessions">
      <h2 id="sessions" className="text-lg font-semibold tracking-tight">
        Where you are signed in
      </h2>
      <FormAlert refused={refusedIn(result, 'end-session', 'end-other-sessions')} />
      {sessions === null ? (
        <p className="mt-3 leading-relaxed text-muted">
          You signed in some time ago.{' '}
          <a href="/sign-in?next=%2Fme&reason=not-fresh" className="font-medium text-ink underline">
            Sign in again
          </a>{' '}
          to see and end your sessions.
        </p>
      ) : (
        <>
          <ul className="mt-2 divide-y divide-line">
            {sessions.map(({ id, device, ip, since, isCurrent }) => (
              <li key={id} className="flex flex-wrap items-center justify-between gap-3 py-4">
                <div className="min-w-0">
                  <p className="font-medium">
                    {device} {isCurrent ? <span className="font-normal text-muted">(here)</span> : null}
                  </p>
                  <p className="mt-0.5 text-sm break-all text-muted">
                    since{' '}
                    <time dateTime={since.iso}>
                      {since.day}, {since.time}
                    </time>
                    {ip ? ` · from ${ip}` : ''}
                  </p>
                </div>
                {isCurrent ? null : (
                  <Form method="post">
                    <input type="hidden" name="sessionId" value={id} />
                    <Button
                      look="quiet"
                      name="intent"
                      value="end-session"
                      off={off}
                      aria-label={`End ${device} since ${since.day}, ${since.time}`}
                    >
                      End
                    </Button>
                  </Form>
                )}
              </li>
            ))}
          </ul>
          {sessions.length > 1 ? (
            <Form method="post" className="mt-2">
              <Button look="quiet" name="intent" value="end-other-sessions" off={off}>
                End all others
              </Button>
            </Form>
          ) : null}
        </>
      )}
    </Card>
  );
}
