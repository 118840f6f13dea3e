import type { LiveWorkspace, WorkspaceStatus, WorkspaceView } from '#api/answers.ts';
import { durationText } from '../format/relative-time.ts';
import { cpus, megabytes, percentOf } from '../format/size.ts';
import type { Tone } from './tone.ts';

/** A part of a whole, for a bar. */
export interface Gauge {
  /** 0 to 100. */
  percent: number;
  /** `96 MB of 512 MB` */
  text: string;
}

export interface WorkspacePanel {
  id: string;
  name: string;
  status: WorkspaceStatus;
  label: string;
  tone: Tone;
  /** It is on its way to another status. */
  busy: boolean;
  /** Why it is suspended or failed. */
  reason: string | null;
  canStart: boolean;
  canStop: boolean;
  /** `512 MB memory · 0.5 CPU · 5 GB storage` */
  size: string;
  /** Figures of the host; `null` when it does not run or the host does not answer. */
  figures: { memory: Gauge; cpu: Gauge; uptime: string; health: string } | null;
  /** It should have figures and has none. */
  figuresMissing: boolean;
}

/** @param live the host's own figures, or `null` when they can't be had */
export function presentWorkspace(view: WorkspaceView, live: LiveWorkspace | null): WorkspacePanel {
  const { label, tone } = WORDS[view.status];
  const figures = live?.status === 'running' ? figuresOf(live) : null;
  return {
    id: view.id,
    name: view.name,
    status: view.status,
    label,
    tone,
    busy: view.status === 'starting' || view.status === 'stopping',
    reason: view.reason,
    canStart: view.canStart,
    canStop: view.canStop,
    size: [
      `${megabytes(view.size.memoryMb)} memory`,
      cpus(view.size.cpuPercent),
      `${megabytes(view.size.storageMb)} storage`,
    ].join(' · '),
    figures,
    figuresMissing: view.status === 'running' && figures === null,
  };
}

function figuresOf(live: LiveWorkspace): WorkspacePanel['figures'] {
  const cpu = percentOf(live.cpuPercent, live.cpuLimitPercent);
  return {
    memory: {
      percent: percentOf(live.memoryUsedMb, live.memoryLimitMb),
      text: `${megabytes(live.memoryUsedMb)} of ${megabytes(live.memoryLimitMb)}`,
    },
    cpu: { percent: cpu, text: `${cpu}% of ${cpus(live.cpuLimitPercent)}` },
    uptime: durationText(live.uptimeSeconds * 1000, 2),
    health: HEALTH[live.health],
  };
}

const WORDS: Record<WorkspaceStatus, { label: string; tone: Tone }> = {
  running: { label: 'Running', tone: 'good' },
  starting: { label: 'Starting…', tone: 'info' },
  stopped: { label: 'Stopped', tone: 'neutral' },
  stopping: { label: 'Stopping…', tone: 'info' },
  suspended: { label: 'Suspended', tone: 'bad' },
  failed: { label: 'Failed', tone: 'bad' },
  deleted: { label: 'Deleted', tone: 'neutral' },
};

const HEALTH: Record<LiveWorkspace['health'], string> = {
  healthy: 'Healthy',
  starting: 'Checking…',
  unhealthy: 'Not answering',
  none: 'Not checked',
};
