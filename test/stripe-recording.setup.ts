import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingFolder } from '#stripe-simulator/conformance/settings.ts';

/** Each project loads this module anew, and they run in one process: the folder is shared through the global object. */
const shelf = globalThis as { leaseholdStripeRecording?: { folder: string; users: number } };

/** Has every simulator of this run write down the calls of Stripe's client, in one folder that goes with the run. */
export default function setup(): () => void {
  const given = recordingFolder();
  if (given !== null && !shelf.leaseholdStripeRecording) return () => undefined;
  shelf.leaseholdStripeRecording ??= { folder: mkdtempSync(join(tmpdir(), 'stripe-recording-')), users: 0 };
  const shared = shelf.leaseholdStripeRecording;
  shared.users += 1;
  process.env.STRIPE_RECORDING = shared.folder;
  return () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    delete shelf.leaseholdStripeRecording;
    delete process.env.STRIPE_RECORDING;
    rmSync(shared.folder, { recursive: true, force: true });
  };
}
