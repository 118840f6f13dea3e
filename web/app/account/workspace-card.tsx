import { useFetcher } from '@remix-run/react';
import { LoaderCircle, Play, Square } from 'lucide-react';
import { useId } from 'react';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { Fold } from '../ui/fold.tsx';
import { Meter } from '../ui/meter.tsx';
import { Notice } from '../ui/notice.tsx';
import type { WorkspacePanel } from './workspace.ts';
import type { Refused } from './workspace-refused.ts';

interface WorkspaceCardProps {
  workspace: WorkspacePanel;
  /** From a form that was sent without JavaScript. */
  refused: Refused | undefined;
  /** The reader may start and stop it. */
  mayRun: boolean;
  /** The reader may delete it. */
  mayDelete: boolean;
}

/** A workspace, live, with its switch. */
export function WorkspaceCard({ workspace, refused: refusedBefore, mayRun, mayDelete }: WorkspaceCardProps) {
  const { id, name, status, label, tone, busy, reason, figures } = workspace;
  const fetcher = useFetcher<Refused>();
  const headingId = useId();
  const sent = fetcher.formData?.get('intent');
  const refused = fetcher.data ?? refusedBefore;
  const starting = sent === 'start' || status === 'starting';
  const stopping = sent === 'stop' || status === 'stopping';
  const deleting = sent === 'delete';

  return (
    <Card labelledBy={headingId}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <h2 id={headingId} className="text-lg font-semibold tracking-tight break-words">
          <span className="block text-sm font-normal tracking-normal text-muted">Workspace </span>
          {name}
        </h2>
        <div role="status">
          <span className="sr-only">Workspace {name}: </span>
          <Badge tone={tone} busy={busy}>
            {label}
          </Badge>
        </div>
      </div>
      <p className="mt-1 text-sm text-muted">{workspace.size}</p>

      {reason ? (
        <div className="mt-5">
          <Notice tone={status === 'failed' || status === 'suspended' ? 'bad' : 'neutral'}>{reason}</Notice>
        </div>
      ) : null}

      {figures ? (
        <div className="mt-6 flex flex-col gap-5">
          <Meter label="Memory" gauge={figures.memory} />
          <Meter label="CPU" gauge={figures.cpu} />
          <dl className="grid grid-cols-2 gap-4 text-sm">
            <div>
              <dt className="text-muted">Up for</dt>
              <dd className="mt-0.5 font-medium tabular-nums">{figures.uptime}</dd>
            </div>
            <div>
              <dt className="text-muted">Health</dt>
              <dd className="mt-0.5 font-medium">{figures.health}</dd>
            </div>
          </dl>
        </div>
      ) : null}
      {workspace.figuresMissing ? (
        <p className="mt-5 text-sm text-muted">It runs. Its live figures can’t be read right now.</p>
      ) : null}

      {refused?.workspaceId === id && fetcher.state === 'idle' ? (
        <div className="mt-5">
          <Notice tone="bad" role="alert">
            {refused.error}
          </Notice>
        </div>
      ) : null}

      {status === 'deleted' || !mayRun ? null : (
        <fetcher.Form method="post" preventScrollReset className="mt-6 grid grid-cols-2 gap-3">
          <input type="hidden" name="workspaceId" value={id} />
          <Button
            look="primary"
            name="intent"
            value="start"
            off={!workspace.canStart || starting}
            aria-label={`${starting ? 'Starting' : 'Start'} ${name}`}
          >
            {starting ? <Spinner /> : <Play aria-hidden="true" className="size-4" />}
            {starting ? 'Starting…' : 'Start'}
          </Button>
          <Button
            look="quiet"
            name="intent"
            value="stop"
            off={!workspace.canStop || stopping}
            aria-label={`${stopping ? 'Stopping' : 'Stop'} ${name}`}
          >
            {stopping ? <Spinner /> : <Square aria-hidden="true" className="size-4" />}
            {stopping ? 'Stopping…' : 'Stop'}
          </Button>
        </fetcher.Form>
      )}
      {status === 'deleted' || !mayDelete ? null : (
        <div className="mt-4">
          <Fold
            summary="Delete…"
            about={name}
            open={refusedBefore?.workspaceId === id && refusedBefore.intent === 'delete'}
          >
            <fetcher.Form method="post" preventScrollReset className="flex flex-col gap-4">
              <input type="hidden" name="workspaceId" value={id} />
              <Choice
                name="sure"
                required
                label={`Delete ${name} and all of its data`}
                hint="It stops at once, and nothing of it can be brought back."
              />
              <Button look="grave" name="intent" value="delete" off={deleting} aria-label={`Delete ${name}`}>
                {deleting ? 'Deleting…' : 'Delete it'}
              </Button>
            </fetcher.Form>
          </Fold>
        </div>
      )}
    </Card>
  );
}

function Spinner() {
  return <LoaderCircle aria-hidden="true" className="size-4 motion-safe:animate-spin" />;
}
