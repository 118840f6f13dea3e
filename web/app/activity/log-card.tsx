import { useEffect, useRef, useState } from 'react';
import type { LogLine } from '#api/answers.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';

/** More lines make a page slow. */
const MOST_SHOWN = 500;

interface LogCardProps {
  accountId: string;
  workspaceId: string;
  /** Oldest first; `null` when they can't be read. */
  loaded: LogLine[] | null;
}

/** What it wrote last, and what it writes while somebody follows. */
export function LogCard({ accountId, workspaceId, loaded }: LogCardProps) {
  const [lines, setLines] = useState(loaded ?? []);
  const [canFollow, setCanFollow] = useState(false);
  const [following, setFollowing] = useState(false);
  const [note, setNote] = useState('');
  const end = useRef<HTMLElement>(null);
  const lastAt = useRef('');
  lastAt.current = endOf(lines);

  // Only where there is JavaScript.
  useEffect(() => setCanFollow(true), []);
  useEffect(() => {
    if (!following && loaded) setLines((shown) => (endOf(loaded) > endOf(shown) ? loaded : shown));
  }, [loaded, following]);

  useEffect(() => {
    if (!following) return;
    const after = lastAt.current ? `?after=${encodeURIComponent(lastAt.current)}` : '';
    const source = new EventSource(
      `/accounts/${encodeURIComponent(accountId)}/workspaces/${encodeURIComponent(workspaceId)}/log${after}`,
    );
    source.addEventListener('line', (message) => {
      setNote('');
      setLines((shown) => [...shown, JSON.parse(message.data) as LogLine].slice(-MOST_SHOWN));
    });
    const over = (text: string) => {
      source.close();
      setFollowing(false);
      setNote(text);
    };
    source.addEventListener('ended', () => over('The workspace stopped, and its log with it.'));
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) over('The log can’t be followed right now.');
    });
    return () => source.close();
  }, [following, accountId, workspaceId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest line is to be seen whenever there is one
  useEffect(() => {
    if (following && end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [lines, following]);

  return (
    <Card labelledBy="log">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="log" className="text-lg font-semibold tracking-tight">
          Log
        </h2>
        {canFollow ? (
          <Button type="button" look="quiet" onClick={() => setFollowing((before) => !before)} aria-pressed={following}>
            {following ? 'Stop following' : 'Follow'}
          </Button>
        ) : null}
      </div>
      {loaded === null && lines.length === 0 ? (
        <p className="mt-3 text-muted">The log can’t be read right now.</p>
      ) : lines.length === 0 ? (
        <p className="mt-3 text-muted">Nothing was written yet.</p>
      ) : (
        <section
          ref={end}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label="Lines of the log"
          className="mt-4 max-h-96 overflow-auto rounded-lg bg-neutral-soft/60 p-3"
        >
          <pre className="text-xs leading-relaxed">
            {lines.map((line) => `${line.at.slice(11, 19)} ${line.text}\n`)}
          </pre>
        </section>
      )}
      <p role="status" className="mt-3 text-sm text-muted empty:hidden">
        {note || null}
      </p>
      <p className="mt-2 text-xs text-muted">Times are UTC. The last 200 lines are shown; the API tells more.</p>
    </Card>
  );
}

/** When the newest was written; instants compare as text. */
function endOf(lines: readonly LogLine[]): string {
  return lines.at(-1)?.at ?? '';
}
