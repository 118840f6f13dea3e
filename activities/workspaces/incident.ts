/** Something that went wrong inside a workspace. Its last lines may be personal: they go into PostgreSQL and nowhere else. */
export interface Incident {
  /** The same incident seen twice has one id. */
  id: string;
  workspaceId: string;
  /** Wall time. */
  at: Date;
  kind: 'crashed' | 'crash-looping' | 'out-of-memory' | 'not-healthy' | 'storage';
  exitCode: number | null;
  outOfMemory: boolean;
  /** What it wrote last before, oldest first. */
  lastLines: string[];
}

/** Writes an incident down once; one of a workspace that is not stored (any more) is dropped. */
export type RecordIncident = (incident: Incident) => Promise<void>;
