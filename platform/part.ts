import type { Child, ChildOptions } from './child.ts';
import type { Ports } from './ports.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { Secrets } from './secrets.ts';
import type { PlatformSettings } from './settings.ts';

/** All parts, in the order in which they are shown. They start as soon as what they need is there. */
export const PART_NAMES = [
  'postgres',
  'temporal',
  'temporal-ui',
  'docker',
  'workspace-image',
  'migrations',
  'mail',
  'simulator',
  'worker',
  'api',
  'web',
  'demo',
] as const;

export type PartName = (typeof PART_NAMES)[number];

/**
 * - `waiting`: for parts that it needs; `starting`; `running`: a process that answers; `done`: a step that ran
 * - `external`: not ours, its address is set; `left-out`: not asked for
 * - `stopped`: on request, it stays down until it is started; `restarting`: it died, and is started again
 * - `failing`: it died again and again, and is still started again, with pauses; `failed`: it could not be started
 */
export type PartState =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'done'
  | 'external'
  | 'left-out'
  | 'stopped'
  | 'restarting'
  | 'failing'
  | 'failed';

export interface PartStatus {
  name: PartName;
  state: PartState;
  /** One phrase for people: a version, an address, what is going on. */
  detail?: string;
  pid?: number;
  /** How often it died and was started again. */
  restarts: number;
  /** How long its last start took, in milliseconds. */
  tookMs?: number;
}

/** A part that was started: what the supervisor needs to watch and end it. */
export interface RunningPart {
  identity?: ProcessIdentity;
  /** Settles when it has ended, with a phrase that says how. */
  exited: Promise<string>;
  /** @returns whether it did not end by itself and was killed */
  stop(): Promise<boolean>;
  kill(): Promise<void>;
}

export interface PartContext {
  /** What all processes of the product get as environment; a part adds what only it can know. */
  env: Record<string, string>;
  ports: Ports;
  secrets: Secrets;
  settings: PlatformSettings;
  /** The product's root folder. */
  root: string;
  stateDir: string;
  logFile: string;
  /** Whether it ran before: then a process that lives and waits for what it needs is left alone. */
  again: boolean;
  /** Aborted when the platform stops. */
  signal: AbortSignal;
  /** Says what is going on, in one phrase. */
  progress(detail: string): void;
  /** Says what it is, in one phrase that is shown once it is there. */
  describe(detail: string): void;
  /** Starts a process that is written down at once, so that it can't outlive us unknown. It logs to `logFile`. */
  spawn(options: Omit<ChildOptions, 'logFile'>): Promise<Child>;
}

export interface Part {
  name: PartName;
  needs: readonly PartName[];
  /** The setting that, when present, says that this part is provided from outside. */
  givenBy?: string;
  /** Starts it and waits until it can be used. A step that leaves nothing running returns undefined. */
  start(context: PartContext): Promise<RunningPart | undefined>;
}
