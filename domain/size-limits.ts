const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

/** How much of an answer is read, and for how long. What is larger or slower is refused, never cut. */
export interface AnswerLimit {
  /** Of the body, decoded. */
  maxBytes: number;
  /** From the first byte sent to the last byte read, milliseconds. */
  withinMs: number;
}

/**
 * The limits of everything that comes in from outside, beside the bodies that clients send (`api/middleware/limit-body.ts`). Code that
 * reads such a thing takes its limit from here and reads with `incoming/`.
 */
export const SIZE_LIMITS = {
  /** What runs in a workspace belongs to its customer, the gateway included. */
  workspace: {
    /** A message in; the gateway's own limit is the same. */
    messageBytes: MEBIBYTE,
    /** The gateway gives a result half of this. One execution has 10 s and may wait 5 s for its turn. */
    messageAnswer: { maxBytes: MEBIBYTE, withinMs: 20_000 },
    health: { maxBytes: 16 * KIBIBYTE, withinMs: 2_000 },
    headerBytes: 16 * KIBIBYTE,
    /** Levels of arrays and objects in a result: JSON is written by recursion. */
    deepestJson: 200,
    /** Of a refusal's text that people read. */
    refusalCharacters: 500,
    /** Longer than the time limit of a message: a duration beyond it is none. */
    longestExecutionMs: 60_000,
  },
  log: {
    /** A frame of the engine's stream: the engine itself splits lines at 16 KiB. */
    frameBytes: 256 * KIBIBYTE,
    /** More of a line is cut off. */
    lineCharacters: 4_096,
    /** Most lines of the past that are handed out at once. */
    tailLines: 1_000,
    /** Of a line that is kept with an incident. */
    incidentLineCharacters: 500,
  },
  /** The Docker engine: one line of statistics or of an event, and what a program prints that is run in a container. */
  engine: { lineBytes: MEBIBYTE, programOutputBytes: 4 * KIBIBYTE, programWithinMs: 60_000 },
  /** The internal endpoint of a host. Its answer to a message holds the workspace's. */
  host: {
    liveAnswer: { maxBytes: 64 * KIBIBYTE, withinMs: 1_500 },
    messageAnswer: { maxBytes: 2 * MEBIBYTE, withinMs: 30_000 },
    refusal: { maxBytes: 64 * KIBIBYTE, withinMs: 2_000 },
    digest: { maxBytes: 64 * KIBIBYTE, withinMs: 30_000 },
    lineBytes: 256 * KIBIBYTE,
  },
  /** A page of 100 invoices with their lines has less than 1 MB. */
  stripe: { page: { maxBytes: 16 * MEBIBYTE } },
  /** The server that mails are handed to: what it says at once, and how long it may be silent. */
  mail: { connectWithinMs: 10_000, greetingWithinMs: 10_000, silenceMs: 30_000, responseBytes: 64 * KIBIBYTE },
  /**
   * Temporal refuses a payload of more than 2 MB, and with it the task of the workflow. What a workflow carries into its next run
   * stays well below. https://docs.temporal.io/cloud/limits#per-message-grpc-limit
   */
  temporal: { payloadBytes: 2 * MEBIBYTE, carriedStateBytes: MEBIBYTE },
} as const;

/** A duration that an execution can have had, in milliseconds; `null` for anything else: a text, not a number, negative, endless. */
export function executionDuration(value: unknown): number | null {
  const isPossible = typeof value === 'number' && value >= 0 && value <= SIZE_LIMITS.workspace.longestExecutionMs;
  return isPossible ? value : null;
}
