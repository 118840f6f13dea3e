import type { AccountAnswer, Happened } from '#api/answers.ts';
import { momentOf } from '../format/moment.ts';
import { durationText } from '../format/relative-time.ts';
import { cpus, megabytes } from '../format/size.ts';
import type { Viewer } from '../format/viewer.ts';
import { presentStanding, type StandingPanel } from './standing.ts';
import { presentTimeline, type Timeline } from './timeline.ts';
import { presentWorkspace, type WorkspaceLife, type WorkspacePanel } from './workspace.ts';

/** An account's clock that is off by less than this is simply the time. */
const CLOCK_TOLERANCE_MS = 10 * 60_000;

/** Everything that the account page shows, ready to be shown: the browser formats nothing and reads no clock. */
export interface AccountPage {
  accountId: string;
  /** A page never goes back to an older version. */
  version: number;
  standing: StandingPanel;
  timeline: Timeline;
  workspaces: WorkspacePanel[];
  plan: { name: string; size: string; paidWith: string };
  /** Its owner is leaving, and can still take it back. */
  closing: boolean;
  /** `14:05`, the account's own time. */
  asOf: string;
  /** Said when the account's time was moved ahead, as demonstrations do. */
  clockNote: string | null;
  /** Said when the live state can't be reached and this is what was saved last. */
  ageNote: string | null;
}

export interface AccountPageInput {
  account: AccountAnswer;
  /** Newest first; `null` when the history can't be read. */
  history: Happened[] | null;
  /** By workspace id. */
  lives: ReadonlyMap<string, WorkspaceLife>;
  viewer: Viewer;
  /** This server's clock, milliseconds since 1970. */
  wallMs: number;
}

export function presentAccountPage({ account, history, lives, viewer, wallMs }: AccountPageInput): AccountPage {
  const now = accountTime(account, wallMs);
  const aheadMs = Date.parse(now) - wallMs;
  const moment = momentOf(now, now, viewer);
  const { plan } = account;
  return {
    accountId: account.accountId,
    version: account.version,
    standing: presentStanding(account, now, viewer),
    timeline: presentTimeline(history, account.upcoming, now, viewer),
    workspaces: account.workspaces.map((view) =>
      presentWorkspace(view, lives.get(view.id) ?? { live: null, incident: null }, now, viewer),
    ),
    plan: {
      name: plan.name,
      size: poolText(plan.size),
      paidWith: paidWith(account),
    },
    closing: account.closing !== null && account.closing.stage !== 'deleting',
    asOf: moment.time,
    clockNote:
      aheadMs > CLOCK_TOLERANCE_MS
        ? `Demo time: this account’s clock is ${durationText(aheadMs, 2)} ahead. For it, it is ${moment.absolute}.`
        : null,
    ageNote:
      account.source === 'read-model'
        ? `Shown as of ${durationText(account.ageSeconds * 1000, 1)} ago. The live state can’t be reached right now; this page keeps trying.`
        : null,
  };
}

/** The account's own time now. It can be ahead of the wall's, never behind. */
function accountTime(account: AccountAnswer, wallMs: number): string {
  return new Date(Math.max(Date.parse(account.now), wallMs)).toISOString();
}

function poolText(pool: AccountAnswer['plan']['size']): string {
  if (!pool) return 'No workspaces';
  const endless = (value: number, text: (value: number) => string) => (value < 0 ? 'unlimited' : text(value));
  const cpu = pool.cpuPercent < 0 ? 'unlimited CPUs' : cpus(pool.cpuPercent);
  return `${endless(pool.memoryMb, megabytes)} memory, ${cpu}, ${endless(pool.storageMb, megabytes)} storage`;
}

function paidWith({ billingIsOn, paymentMethod }: AccountAnswer): string {
  if (!billingIsOn) return 'Billing is off: nothing can be bought or paid here';
  return paymentMethod ? `${capitalised(paymentMethod.brand)} ending in ${paymentMethod.last4}` : 'No card on file';
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
