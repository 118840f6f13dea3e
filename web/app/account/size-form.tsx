import type { useFetcher } from '@remix-run/react';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';
import type { Tone } from './tone.ts';
import type { WorkspacePanel } from './workspace.ts';
import type { Previewed, Refused, WorkspaceFormAnswer } from './workspace-refused.ts';

interface SizeFormProps {
  workspace: Pick<WorkspacePanel, 'id' | 'name' | 'sizes'>;
  fetcher: ReturnType<typeof useFetcher<WorkspaceFormAnswer>>;
  preview: Previewed['preview'] | undefined;
  refused: Refused | undefined;
}

const TONE: Record<Previewed['preview']['outcome'], Tone> = {
  same: 'neutral',
  'keeps-running': 'good',
  restarts: 'info',
  'at-next-start': 'info',
  deferred: 'warn',
  refused: 'bad',
};

/** Another share of the pool. First it is said what that would mean, then it can be asked for. */
export function SizeForm({ workspace, fetcher, preview, refused }: SizeFormProps) {
  const { id, name, sizes } = workspace;
  const asked = preview?.to ?? sizes;
  const sent = fetcher.formData?.get('intent');
  const changing = sent === 'resize';
  // Once the answer is there the next one can be asked for, though the page behind it is still being read anew.
  const looking = sent === 'preview' && fetcher.state === 'submitting';
  const mayChange = preview !== undefined && preview.outcome !== 'refused' && preview.outcome !== 'same';
  return (
    <fetcher.Form method="post" preventScrollReset className="flex flex-col gap-4">
      <FormAlert refused={refused} />
      <input type="hidden" name="workspaceId" value={id} />
      <Field
        label="Memory in MB"
        name="memoryMb"
        inputMode="numeric"
        autoComplete="off"
        defaultValue={asked.memoryMb}
      />
      <Field label="CPUs" name="cpus" inputMode="decimal" autoComplete="off" defaultValue={asked.cpuPercent / 100} />
      <Field
        label="Storage in MB"
        name="storageMb"
        inputMode="numeric"
        autoComplete="off"
        defaultValue={asked.storageMb}
      />
      {preview ? (
        <Notice tone={TONE[preview.outcome]} role="status">
          {preview.sentences.join(' ')}
        </Notice>
      ) : null}
      {mayChange ? (
        <>
          <input type="hidden" name="previewed" value={JSON.stringify(preview.to)} />
          {preview.growsWithRestart ? (
            <Choice
              name="restart"
              label="Restart it, too"
              hint="It is down for some seconds, and uses all of it then."
            />
          ) : null}
          <Button look="primary" name="intent" value="resize" off={changing} aria-label={`Change the size of ${name}`}>
            {changing ? 'Changing…' : preview.outcome === 'deferred' ? 'Change it when it fits' : 'Change it'}
          </Button>
        </>
      ) : null}
      <Button
        look="quiet"
        name="intent"
        value="preview"
        off={looking}
        aria-label={`Show what a new size of ${name} would mean`}
      >
        {looking ? 'Looking…' : 'Show what it would mean'}
      </Button>
    </fetcher.Form>
  );
}
