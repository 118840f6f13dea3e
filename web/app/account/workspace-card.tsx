import { useFetcher } from '@remix-run/react';
import { useId } from 'react';
import { ActivityLink } from '../activity/activity-link.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Fold } from '../ui/fold.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Meter } from '../ui/meter.tsx';
import { Notice } from '../ui/notice.tsx';
import { Prose } from '../ui/prose.tsx';
import { SizeForm } from './size-form.tsx';
import type { WorkspacePanel } from './workspace.ts';
import { refusedIn, type WorkspaceFormAnswer } from './workspace-refused.ts';
import { WorkspaceSwitch } from './workspace-switch.tsx';

/** Forms with an alert of their own, beside what was filled in. */
const OWN_ALERT: readonly string[] = ['rename', 'preview', 'resize'];

interface WorkspaceCardProps {
  workspace: WorkspacePanel;
  /** Of a form that was sent without JavaScript. */
  answered: WorkspaceFormAnswer | undefined;
  /** The reader may start and stop it. */
  mayRun: boolean;
  /** The reader may rename, resize and delete it. */
  mayManage: boolean;
}

/** A workspace, live, with all that can be done to it. */
export function WorkspaceCard({ workspace, answered, mayRun, mayManage }: WorkspaceCardProps) {
  const { id, name, label, tone, busy, figures, can, since, notices, lastWords, storage } = workspace;
  const fetcher = useFetcher<WorkspaceFormAnswer>();
  const headingId = useId();
  const before = answered?.workspaceId === id ? answered : undefined;
  const answer = fetcher.data ?? before;
  const refused = fetcher.state === 'idle' ? refusedIn(answer) : undefined;
  const preview = answer && 'preview' in answer ? answer.preview : undefined;

  return (
    <Card labelledBy={headingId}>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <h2 id={headingId} className="min-w-0 text-lg font-semibold tracking-tight break-words">
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
      {since ? (
        <p className="mt-1 text-sm text-muted">
          <Prose parts={since} />
        </p>
      ) : null}

      {notices.length > 0 ? (
        <div className="mt-5 flex flex-col gap-3">
          {notices.map((notice, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name, and their order is their rank
            <Notice key={index} tone={notice.tone}>
              <Prose parts={notice.text} />
            </Notice>
          ))}
        </div>
      ) : null}
      {lastWords ? (
        <div className="mt-4">
          <p className="text-sm text-muted">
            The last lines it wrote, <time dateTime={lastWords.at.iso}>{lastWords.at.absolute}</time>:
          </p>
          <section
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
            tabIndex={0}
            aria-label={`The last lines of ${name}`}
            className="mt-2 max-h-56 overflow-auto rounded-xl bg-neutral-soft p-3"
          >
            <pre className="font-mono text-xs leading-relaxed">{lastWords.lines.join('\n')}</pre>
          </section>
        </div>
      ) : null}

      {figures || storage ? (
        <div className="mt-6 flex flex-col gap-5">
          {figures ? <Meter label="Memory" gauge={figures.memory} /> : null}
          {figures ? <Meter label="CPU" gauge={figures.cpu} /> : null}
          {storage ? <Meter label="Storage" gauge={storage} /> : null}
          {figures ? (
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
          ) : null}
        </div>
      ) : null}
      {workspace.figuresMissing ? (
        <p className="mt-5 text-sm text-muted">It runs. Its live figures can’t be read right now.</p>
      ) : null}

      {refused && !OWN_ALERT.includes(refused.intent) ? (
        <div className="mt-5">
          <Notice tone="bad" role="alert">
            {refused.error}
          </Notice>
        </div>
      ) : null}
      {workspace.status === 'deleted' ? null : <ActivityLink workspaceId={id} name={name} />}
      <WorkspaceSwitch workspace={workspace} fetcher={fetcher} mayRun={mayRun} mayManage={mayManage} />

      {mayManage ? (
        <div className="mt-4 flex flex-col gap-1">
          {can.resize ? (
            <Fold
              summary="Change size…"
              about={name}
              open={before?.intent === 'preview' || before?.intent === 'resize' || undefined}
            >
              <SizeForm
                workspace={workspace}
                fetcher={fetcher}
                preview={preview}
                refused={refused?.intent === 'preview' || refused?.intent === 'resize' ? refused : undefined}
              />
            </Fold>
          ) : null}
          {can.rename ? (
            <Fold summary="Rename…" about={name} open={before?.intent === 'rename' || undefined}>
              <fetcher.Form method="post" preventScrollReset className="flex flex-col gap-4">
                <FormAlert refused={refused?.intent === 'rename' ? refused : undefined} />
                <input type="hidden" name="workspaceId" value={id} />
                <Field
                  key={name}
                  label="New name"
                  name="name"
                  maxLength={64}
                  autoComplete="off"
                  defaultValue={refused?.intent === 'rename' ? refused.name : name}
                  invalid={refused?.intent === 'rename'}
                />
                <Button look="quiet" name="intent" value="rename" aria-label={`Rename ${name}`}>
                  Rename it
                </Button>
              </fetcher.Form>
            </Fold>
          ) : null}
          {can.delete || workspace.deleteAt ? (
            <DeleteForm workspace={workspace} fetcher={fetcher} before={before?.intent} />
          ) : null}
        </div>
      ) : null}
    </Card>
  );
}

interface DeleteFormProps {
  workspace: WorkspacePanel;
  fetcher: ReturnType<typeof useFetcher<WorkspaceFormAnswer>>;
  /** What was asked for last. */
  before: string | undefined;
}

/** Deletes it, or, once it is deleted, what is kept of it. */
function DeleteForm({ workspace, fetcher, before }: DeleteFormProps) {
  const { id, name, deleteAt } = workspace;
  const intent = deleteAt ? 'delete-now' : 'delete';
  const deleting = fetcher.formData?.get('intent') === intent;
  // The second step begins folded and unticked: it is for good.
  return (
    <Fold
      key={intent}
      summary={deleteAt ? 'Delete its data now…' : 'Delete…'}
      about={name}
      open={before === intent || undefined}
    >
      <fetcher.Form method="post" preventScrollReset className="flex flex-col gap-4">
        <input type="hidden" name="workspaceId" value={id} />
        {deleteAt ? (
          <Choice
            name="sure"
            required
            label={`Delete all data of ${name} now`}
            hint="Nothing of it can be brought back."
          />
        ) : (
          <Choice
            name="sure"
            required
            label={`Delete ${name}`}
            hint="It stops at once. Its data is kept for some days, in which you can take it back; then it is deleted for good."
          />
        )}
        <Button look="grave" name="intent" value={intent} off={deleting} aria-label={`Delete ${name}`}>
          {deleting ? 'Deleting…' : 'Delete it'}
        </Button>
      </fetcher.Form>
    </Fold>
  );
}
