import type { IncidentAnswer, LiveWorkspace, WorkspaceStatus, WorkspaceView } from '#api/answers.ts';
import { type Moment, momentOf } from '../format/moment.ts';
import { durationText } from '../format/relative-time.ts';
import { type Sentence, sentence } from '../format/sentence.ts';
import { cpus, megabytes, percentOf } from '../format/size.ts';
import type { Viewer } from '../format/viewer.ts';
import type { Tone } from './tone.ts';

/** From here on it is said how full the storage is: before, nobody needs to know. */
const STORAGE_SHOWN_FROM_MB = 1;

/** A part of a whole, for a bar. */
export interface Gauge {
  /** 0 to 100. */
  percent: number;
  /** `96 MB of 512 MB` */
  text: string;
}

/** Something to know, as strong as its tone. */
export interface WorkspaceNotice {
  tone: Tone;
  text: Sentence;
}

export interface WorkspacePanel {
  id: string;
  name: string;
  status: WorkspaceStatus;
  label: string;
  tone: Tone;
  /** It is on its way to another status. */
  busy: boolean;
  /** `since 14:05`, and when it should be done. */
  since: Sentence | null;
  /** Why it is as it is, what takes too long, what to keep an eye on: the most important first. */
  notices: WorkspaceNotice[];
  /** What it wrote before it went down; `null` where that says nothing. */
  lastWords: { at: Moment; lines: string[] } | null;
  can: {
    start: boolean;
    stop: boolean;
    restart: boolean;
    /** It has to move, and may do so now. */
    move: boolean;
    recover: boolean;
    rename: boolean;
    resize: boolean;
    delete: boolean;
    restore: boolean;
  };
  /** What "try again" does. */
  recovers: string;
  /** When its data is deleted, of one that can be taken back. */
  deleteAt: Moment | null;
  /** `512 MB memory · 0.5 CPU · 5 GB storage` */
  size: string;
  /** In MB and percent of a core, to fill a form with: what it has or waits for. */
  sizes: { memoryMb: number; cpuPercent: number; storageMb: number };
  storage: Gauge | null;
  /** Figures of the host; `null` when it does not run or the host does not answer. */
  figures: { memory: Gauge; cpu: Gauge; uptime: string; health: string } | null;
  /** It should have figures and has none. */
  figuresMissing: boolean;
}

/** What the host and its records add to a view; each may be missing. */
export interface WorkspaceLife {
  live: LiveWorkspace | null;
  incident: IncidentAnswer | null;
}

/** @param now the account's own time, ISO */
export function presentWorkspace(
  view: WorkspaceView,
  { live, incident }: WorkspaceLife,
  now: string,
  viewer: Viewer,
): WorkspacePanel {
  const { label, tone, busy = false } = WORDS[view.status];
  const figures = live?.status === 'running' ? figuresOf(live) : null;
  const isDown = view.status === 'failed' || view.status === 'crash-looping';
  const { size, storage } = view;
  return {
    id: view.id,
    name: view.name,
    status: view.status,
    label,
    tone,
    busy,
    since: sinceOf(view, busy, now, viewer),
    notices: noticesOf(view, tone, now, viewer),
    lastWords:
      isDown && incident && incident.lastLines.length > 0
        ? { at: momentOf(incident.at, now, viewer), lines: incident.lastLines }
        : null,
    can: {
      start: view.canStart && !isDown,
      stop: view.canStop,
      restart: view.canRestart,
      move: view.move?.stage === 'planned',
      recover: view.canRecover,
      rename: view.canRename,
      resize: view.canResize,
      delete: view.canDelete,
      restore: view.canRestore,
    },
    recovers: view.status === 'suspended' ? 'Start it to make room' : 'Try it again',
    deleteAt: view.deleteAt === null ? null : momentOf(view.deleteAt, now, viewer),
    size: [`${megabytes(size.memoryMb)} memory`, cpus(size.cpuPercent), `${megabytes(size.storageMb)} storage`].join(
      ' · ',
    ),
    sizes: view.pendingSize ?? size,
    storage:
      storage && storage.usedMb >= STORAGE_SHOWN_FROM_MB && view.status !== 'deleted'
        ? {
            percent: percentOf(storage.usedMb, storage.limitMb),
            text: `${megabytes(storage.usedMb)} of ${megabytes(storage.limitMb)}`,
          }
        : null,
    figures,
    figuresMissing: view.status === 'running' && figures === null,
  };
}

function sinceOf(view: WorkspaceView, busy: boolean, now: string, viewer: Viewer): Sentence | null {
  if (view.since === null || view.status === 'deleted') return null;
  const since = momentOf(view.since, now, viewer);
  if (!busy) return sentence`Since ${since}`;
  if (view.expectedBy === null || view.overdue !== null) return sentence`Began ${since.relative}`;
  const left = momentOf(view.expectedBy, now, viewer);
  return sentence`Began ${since.relative}; as a rule it is done by ${left.time}`;
}

function noticesOf(view: WorkspaceView, tone: Tone, now: string, viewer: Viewer): WorkspaceNotice[] {
  const { reason, note, overdue, nextTryAt, move, pendingSize } = view;
  const next = nextTryAt === null ? null : momentOf(nextTryAt, now, viewer);
  const again = next ? sentence` It is tried again ${next.relative}, at ${next.time}.` : [];
  const wanted =
    pendingSize && view.status === 'resize-pending'
      ? `It is to have ${megabytes(pendingSize.memoryMb)} memory and ${cpus(pendingSize.cpuPercent)}. `
      : '';
  const list: WorkspaceNotice[] = [];
  if (reason !== null) {
    const serious = view.status === 'failed' || view.status === 'crash-looping' || view.status === 'suspended';
    list.push({ tone: serious ? 'bad' : tone === 'warn' ? 'warn' : 'neutral', text: [`${wanted}${reason}`, ...again] });
  }
  if (overdue !== null) list.push({ tone: 'warn', text: reason === null ? [overdue, ...again] : [overdue] });
  if (note !== null) list.push({ tone: 'warn', text: [note] });
  if (move)
    list.push({
      tone: 'info',
      text:
        move.stage === 'moving'
          ? [`It is moving to another machine, with its data. ${move.reason}`]
          : sentence`It moves to another machine on ${momentOf(move.at, now, viewer)} and is down for some minutes. ${move.reason}`,
    });
  return list;
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

const WORDS: Record<WorkspaceStatus, { label: string; tone: Tone; busy?: true }> = {
  running: { label: 'Running', tone: 'good' },
  starting: { label: 'Starting…', tone: 'info', busy: true },
  stopped: { label: 'Stopped', tone: 'neutral' },
  stopping: { label: 'Stopping…', tone: 'info', busy: true },
  suspended: { label: 'Suspended', tone: 'bad' },
  restarting: { label: 'Restarting…', tone: 'info', busy: true },
  resizing: { label: 'Resizing…', tone: 'info', busy: true },
  'resize-pending': { label: 'Running, resize waits', tone: 'warn' },
  'crash-looping': { label: 'Crashes', tone: 'bad' },
  failed: { label: 'Failed', tone: 'bad' },
  deleting: { label: 'Deleted, data kept', tone: 'neutral' },
  deleted: { label: 'Deleted', tone: 'neutral' },
};

const HEALTH: Record<LiveWorkspace['health'], string> = {
  healthy: 'Healthy',
  starting: 'Checking…',
  unhealthy: 'Not answering',
  none: 'Not checked',
};
