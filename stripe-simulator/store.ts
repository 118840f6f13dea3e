import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { emptyState, STATE_FORMAT, type State, withOwnKeysAlone } from './engine/state.ts';

const KEPT_MS = 30 * 86_400_000;
const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 10_000;

export interface Store {
  readonly state: State;
  /** Says that the state has changed; it is written soon, together with other changes. */
  changed(): void;
  /** Resolves once everything that had changed by now is in the file. Rejects with `StateNotWritten` when it can't be written. */
  committed(): Promise<void>;
  /** Ends the tries to write what could not be written. */
  close(): void;
}

/** The disk does not take the state: it is full, or can only be read. The state is in memory, and is written once it can be. */
export class StateNotWritten extends Error {
  override readonly name = 'StateNotWritten';
}

/**
 * The state in memory with its file. Each write goes to a file beside it that then takes its name, so that a killed
 * process leaves the old state or the new one, never half of it. Concurrent changes share a write. One that fails is tried again
 * by itself, with growing pauses.
 *
 * @param path the file; made when missing, with its folder. `null`: in memory alone, and gone with the process
 * @throws Error when the file is not a state of this simulator
 */
export function openStore(path: string | null): Store {
  if (path === null) return { state: emptyState(), changed() {}, committed: () => Promise.resolve(), close() {} };
  const state = read(path);
  prune(state, Date.now());
  let changes = 0;
  let written = 0;
  let writing: Promise<void> | null = null;

  let failures = 0;
  let retry: NodeJS.Timeout | undefined;

  const write = async () => {
    while (written < changes) {
      const upTo = changes;
      // Node says ENOENT for it when the disk is full.
      if (!existsSync(dirname(path))) await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.next`, JSON.stringify(state), { mode: 0o600 });
      await rename(`${path}.next`, path);
      written = upTo;
    }
    failures = 0;
  };
  const start = () => {
    clearTimeout(retry);
    writing ??= Promise.resolve()
      .then(write)
      .catch(async (error: unknown) => {
        failures += 1;
        retry = setTimeout(
          () => void start().catch(() => undefined),
          Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS),
        );
        // Half of it would take the space that the next try needs.
        await rm(`${path}.next`, { force: true }).catch(() => undefined);
        throw new StateNotWritten(`The state can not be written: ${(error as Error).message}`, { cause: error });
      })
      .finally(() => {
        writing = null;
      });
    return writing;
  };

  return {
    state,
    changed() {
      changes += 1;
      // A failed write is reported to whoever waits in committed(), which tries again.
      start().catch(() => undefined);
    },
    async committed() {
      const upTo = changes;
      while (written < upTo) await start();
    },
    close: () => clearTimeout(retry),
  };
}

function read(path: string): State {
  if (!existsSync(path)) return emptyState();
  const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<State>;
  if (found.format !== STATE_FORMAT) {
    throw new Error(
      `${path} is no state of this Stripe simulator (format ${STATE_FORMAT}). Move it away to begin anew.`,
    );
  }
  return withOwnKeysAlone({ ...emptyState(), ...found });
}

/** Stripe lists events for 30 days and keeps idempotency keys for 24 hours. */
function prune(state: State, nowMs: number): void {
  for (const [id, recordedAtMs] of Object.entries(state.eventRecordedAtMs)) {
    if (nowMs - recordedAtMs < KEPT_MS) continue;
    delete state.events[id];
    delete state.eventRecordedAtMs[id];
  }
  for (const delivery of Object.values(state.deliveries)) {
    if (!state.events[delivery.eventId] && !state.thinEvents[delivery.eventId]) delete state.deliveries[delivery.id];
  }
  for (const [key, answer] of Object.entries(state.idempotentAnswers)) {
    if (nowMs - answer.atMs > IDEMPOTENCY_KEPT_MS) delete state.idempotentAnswers[key];
  }
}
