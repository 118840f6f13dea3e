import type { useFetcher } from '@remix-run/react';
import { LoaderCircle, type LucideIcon, Play, RotateCcw, Server, Square, Undo2 } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import type { WorkspacePanel } from './workspace.ts';
import type { WorkspaceFormAnswer } from './workspace-refused.ts';

interface WorkspaceSwitchProps {
  workspace: WorkspacePanel;
  fetcher: ReturnType<typeof useFetcher<WorkspaceFormAnswer>>;
  /** The reader may start and stop it. */
  mayRun: boolean;
  /** The reader may take its deletion back. */
  mayManage: boolean;
}

/** What is pressed often: start, stop, restart; and the one way out of a state that needs one. */
export function WorkspaceSwitch({ workspace, fetcher, mayRun, mayManage }: WorkspaceSwitchProps) {
  const { id, name, status, can, recovers } = workspace;
  const sent = fetcher.formData?.get('intent');
  if (status === 'deleted') return null;
  if (status === 'deleting') {
    if (!can.restore || !mayManage) return null;
    return (
      <fetcher.Form method="post" preventScrollReset className="mt-6">
        <input type="hidden" name="workspaceId" value={id} />
        <Press look="primary" intent="restore" icon={Undo2} sent={sent} about={name} text="Take it back" wide />
      </fetcher.Form>
    );
  }
  if (!mayRun) return null;
  const starting = sent === 'start' || status === 'starting';
  const stopping = sent === 'stop' || status === 'stopping';
  const restarting = sent === 'restart' || status === 'restarting';
  return (
    <fetcher.Form method="post" preventScrollReset className="mt-6 grid grid-cols-2 gap-3">
      <input type="hidden" name="workspaceId" value={id} />
      {can.recover ? (
        <Press look="primary" intent="recover" icon={RotateCcw} sent={sent} about={name} text={recovers} wide />
      ) : null}
      {can.move ? (
        <Press look="quiet" intent="move" icon={Server} sent={sent} about={name} text="Move it now" wide />
      ) : null}
      <Button
        look={can.recover ? 'quiet' : 'primary'}
        name="intent"
        value="start"
        off={!can.start || starting}
        aria-label={`${starting ? 'Starting' : 'Start'} ${name}`}
      >
        {starting ? <Spinner /> : <Play aria-hidden="true" className="size-4" />}
        {starting ? 'Starting…' : 'Start'}
      </Button>
      <Button
        look="quiet"
        name="intent"
        value="stop"
        off={!can.stop || stopping}
        aria-label={`${stopping ? 'Stopping' : 'Stop'} ${name}`}
      >
        {stopping ? <Spinner /> : <Square aria-hidden="true" className="size-4" />}
        {stopping ? 'Stopping…' : 'Stop'}
      </Button>
      <Button
        look="quiet"
        name="intent"
        value="restart"
        off={!can.restart || restarting}
        className="col-span-2"
        aria-label={`${restarting ? 'Restarting' : 'Restart'} ${name}`}
      >
        {restarting ? <Spinner /> : <RotateCcw aria-hidden="true" className="size-4" />}
        {restarting ? 'Restarting…' : 'Restart'}
      </Button>
    </fetcher.Form>
  );
}

interface PressProps {
  look: 'primary' | 'quiet';
  intent: string;
  icon: LucideIcon;
  sent: FormDataEntryValue | null | undefined;
  text: string;
  about: string;
  wide?: boolean;
}

function Press({ look, intent, icon: Icon, sent, text, about, wide = false }: PressProps) {
  const isSent = sent === intent;
  return (
    <Button
      look={look}
      name="intent"
      value={intent}
      off={isSent}
      className={wide ? 'col-span-2 w-full' : ''}
      aria-label={`${text}: ${about}`}
    >
      {isSent ? <Spinner /> : <Icon aria-hidden="true" className="size-4" />}
      {text}
    </Button>
  );
}

function Spinner() {
  return <LoaderCircle aria-hidden="true" className="size-4 motion-safe:animate-spin" />;
}
