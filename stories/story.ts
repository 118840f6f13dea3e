import type { PlatformHandle } from '#platform/attach.ts';
import type { ContainerReading } from './workspace-probe.ts';

export interface StoryStep {
  /** The account's time. */
  at: string;
  /** Days since the story's day 0, which each story names. */
  day: number;
  what: string;
  standing: string;
  container: Omit<ContainerReading, 'id'>;
}

export interface StoryResult {
  story: string;
  /** Only when every expectation was read off Docker and Temporal and held. */
  passed: boolean;
  accountId: string;
  containerId: string;
  steps: StoryStep[];
  /** The expectations that did not hold. */
  failures: string[];
}

export interface StoryOptions {
  platform: PlatformHandle;
  /** A name of `Story.disturbances`, or undefined. */
  disturbance?: string | undefined;
  /** Told of each step as it is taken. */
  onStep?: (step: StoryStep) => void;
}

/** A promise about the future, run today on the real parts with the production policy. */
export interface Story {
  name: string;
  summary: string;
  /** What can be done to the system while the story runs; its outcome must be the same. */
  disturbances: Record<string, string>;
  play(options: StoryOptions): Promise<StoryResult>;
}
