import { ensureStripeMock } from './binary.ts';

/** Builds stripe-mock beside the tests that run before it is needed. What fails here fails there, where it is told. */
export default function setup(): () => Promise<void> {
  const abort = new AbortController();
  const built = ensureStripeMock(process.env, abort.signal).then(
    () => undefined,
    () => undefined,
  );
  return async () => {
    abort.abort();
    await built;
  };
}
