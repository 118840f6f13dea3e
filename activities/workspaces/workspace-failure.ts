/** A newer wish for the workspace has been stored: this one may not change anything any more. */
export class StaleGeneration extends Error {
  override readonly name = 'StaleGeneration';
  readonly generation: number;
  /** `null`: the workspace is not known any more. */
  readonly newest: number | null;

  constructor(generation: number, newest: number | null) {
    super(`Generation ${generation} of the workspace was replaced by ${newest ?? 'its removal'}.`);
    this.generation = generation;
    this.newest = newest;
  }
}

export type WorkspaceFailureCode =
  | 'FOREIGN_OBJECT'
  | 'HOST_TOO_SMALL'
  | 'HOST_UNKNOWN'
  | 'IMAGE_MISSING'
  | 'LIMITS_REFUSED'
  | 'LIVES_HERE'
  | 'NO_FREE_SUBNET'
  | 'NOT_HEALTHY';

/** The workspace can't become what it should be. The message is the reason, for people. */
export class WorkspaceFailed extends Error {
  override readonly name = 'WorkspaceFailed';
  readonly code: WorkspaceFailureCode;
  /** Numbers behind the reason. Never what a customer's program wrote: this goes into workflows. */
  readonly data: Record<string, unknown>;

  constructor(code: WorkspaceFailureCode, message: string, data: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
