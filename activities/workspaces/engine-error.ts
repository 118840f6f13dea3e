/** What dockerode throws for an answer of the engine, a 304 included. `reason` is unreliable: read `json.message`. */
export interface EngineError extends Error {
  statusCode: number;
  json?: { message?: string };
}

/** Codes of a socket that leads to no engine, or that the engine's end cut. */
const UNREACHABLE = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'EACCES',
]);

export function isEngineError(error: unknown, ...statusCodes: number[]): error is EngineError {
  const statusCode = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof statusCode === 'number' && (statusCodes.length === 0 || statusCodes.includes(statusCode));
}

/** Whether no answer came at all: the engine is down, starting, or was killed in the middle of the call. */
export function isEngineUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return UNREACHABLE.has(code) || /socket hang up|aborted/.test(error.message);
}

/** The engine's own words. */
export function engineMessage(error: EngineError): string {
  return error.json?.message ?? error.message;
}

/** `null` for what is not there, where `call` would throw a 404. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (isEngineError(error, 404)) return null;
    throw error;
  }
}

/** Takes these answers for success: the thing is already so (304), is gone (404), or is being done by somebody (409). */
export async function tolerate(statusCodes: number[], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isEngineError(error, ...statusCodes)) throw error;
  }
}
