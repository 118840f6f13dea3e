import type { ConvergeInput } from '#activities/contracts.ts';
import type { HostReport } from '#domain/host-report.ts';
import type { RecordIncident } from './incident.ts';

/** What a workspace of this host should be, as stored. */
export type StoredWish = Omit<ConvergeInput, 'now'>;

/** Something on the engine that only people can settle. */
export interface Finding {
  /** unknown: it carries our labels and no workspace of ours is behind it. foreign: it has a name of ours and is somebody else's. */
  what: 'unknown' | 'foreign';
  kind: 'container' | 'network' | 'volume';
  /** The engine's. */
  id: string;
  name: string;
  /** What its label says. */
  workspaceId: string | null;
  /** What a container was renamed to when it was stopped and put aside. */
  quarantine: string | null;
}

/** What a host reads and writes of PostgreSQL. */
export interface HostStore {
  /**
   * The settled wishes of this host's workspaces: those that a workflow has converged before (the observed generation is the
   * desired one, neither `failed` nor `crash-looping`).
   */
  readSettledWishes(): Promise<StoredWish[]>;
  /** The newest wish of a workspace of this host, settled or not; `null` for one that it has not. */
  readWish(workspaceId: string): Promise<StoredWish | null>;
  /** Ids of the workspaces that live here or are on their way here. */
  readKnownIds(): Promise<Set<string>>;
  recordIncident: RecordIncident;
  /** Crashes since `since`, and since the last time that it was stopped for crashing. */
  countCrashes(workspaceId: string, since: Date): Promise<number>;
  /** By workspace of this host: when something last went wrong in it, of those where that was after `since`. */
  readLastIncidents(since: Date): Promise<Map<string, Date>>;
  /** Whether support has paused what this host does by itself. */
  isPaused(): Promise<boolean>;
  /** Stores what is there now; what is not there any more is marked so. Resolves with those that are new. */
  saveFindings(findings: Finding[]): Promise<Finding[]>;
}

/** Tells the workflow of an account. Rejects when it can't be told. */
export type SendReports = (accountId: string, reports: HostReport[]) => Promise<void>;
