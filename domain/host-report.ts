/** What a host saw of a workspace on its own, between wishes. Nothing personal: log lines stay out of it. */
export interface HostReport {
  /** The same report sent twice has one id. */
  reportId: string;
  workspaceId: string;
  /** The wish that was in force when it was seen; a report about an older one is dropped, except of storage. */
  generation: number;
  saw: HostSighting;
}

export type HostSighting =
  /** It crashed so often that its host has stopped it. */
  | { kind: 'crash-looping'; crashes: number; exitCode: number | null; outOfMemory: boolean }
  /** The kernel has killed processes in it, and it runs on. `kills` of late. */
  | { kind: 'out-of-memory'; kills: number }
  /**
   * Its data volume, in MB: `near` from 90 % on, `over` from 110 % on, `ok` otherwise. It counts whatever the generation; a
   * report that says nearly the same as the last one changes nothing.
   */
  | { kind: 'storage'; usedMb: number; limitMb: number; state: 'ok' | 'near' | 'over' }
  /** It has run without a crash for a while. */
  | { kind: 'stable' }
  /** It is not as the wish has it: bring it there once more. */
  | { kind: 'astray' };
