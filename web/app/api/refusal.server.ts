import { redirect } from '@remix-run/node';
import { ApiProblem, ApiUnreachable } from './api-client.server.ts';
import { refusalText } from './refusal-text.ts';
import { signInPathFor } from './return-path.ts';

/** Why a form was not carried out. */
export interface Refusal {
  /** For people. */
  error: string;
  status: number;
  /** Stable, for programs; `invalid` for what was wrong before it was sent. */
  code: string;
  told: Readonly<Record<string, unknown>>;
}

/**
 * What a form says that was refused. Without a session one is sent to sign in.
 *
 * @throws what is neither an answer of the API nor its absence
 */
export function refusalOf(error: unknown, request: Request): Refusal {
  if (error instanceof ApiUnreachable) {
    return {
      error: 'That did not reach us, so nothing was changed. Please try again in a moment.',
      status: 503,
      code: 'unreachable',
      told: {},
    };
  }
  if (!(error instanceof ApiProblem)) throw error;
  if (error.code === 'unauthenticated') throw redirect(signInPathFor(request));
  return { error: refusalText(error), status: error.status, code: error.code, told: error.told };
}

/** What was wrong with a form before it was sent. */
export function invalid(error: string): Refusal {
  return { error, status: 400, code: 'invalid', told: {} };
}
