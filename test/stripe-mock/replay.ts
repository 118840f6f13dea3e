import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedCall } from '#stripe-simulator/conformance/recording.ts';

/** Refused on purpose, to see the refusal. */
const REFUSED = new Set([400, 401, 403, 404]);

/** Parameters of `2026-10-28.endive` that stripe-mock, two months older, does not know yet: path and parameter. */
const NEWER_PARAMETERS: readonly RegExp[] = [
  // https://docs.stripe.com/changelog/endive/2026-09-30/pause-subscription
  /^POST \/v1\/subscriptions\/[^/]+\/resume: .*payment_behavior/,
];

/** The calls of the official client that a folder of recordings holds, each form of a call once. */
export function recordedCalls(folder: string): RecordedCall[] {
  const found = new Map<string, RecordedCall>();
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    for (const line of readFileSync(join(folder, file), 'utf8').trimEnd().split('\n')) {
      const call = JSON.parse(line) as RecordedCall;
      if (!REFUSED.has(call.status)) found.set(formOf(call), call);
    }
  }
  return [...found.values()];
}

/**
 * Makes each call at stripe-mock, which refuses what Stripe's document does not know.
 *
 * @returns what it refused, one line each
 */
export async function refusalsOf(calls: readonly RecordedCall[], base: string): Promise<string[]> {
  const refusals: string[] = [];
  for (const { method, path, form } of calls) {
    const isPost = method === 'POST';
    const answer = await fetch(`${base}${path}${!isPost && form ? `?${form}` : ''}`, {
      method,
      headers: {
        authorization: 'Bearer sk_test_replay',
        ...(isPost ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      },
      ...(isPost ? { body: form } : {}),
    });
    const said = await answer.text();
    if (answer.ok) continue;
    const message = (JSON.parse(said) as { error?: { message?: string } }).error?.message ?? said;
    const refusal = `${method} ${path}: ${answer.status} ${message.trim()} (${decodeURIComponent(form)})`;
    if (!NEWER_PARAMETERS.some((each) => each.test(refusal))) refusals.push(refusal);
  }
  return refusals;
}

/** Ids and times differ from run to run and say nothing about the form. */
function formOf({ method, path, form }: RecordedCall): string {
  const plain = (text: string) => text.replace(/_[A-Za-z0-9]{14,}/g, '_').replace(/\d{9,}/g, '0');
  return `${method} ${plain(path)} ${plain(form)}`;
}
