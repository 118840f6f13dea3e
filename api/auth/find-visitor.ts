import type { FindVisitor } from '../middleware/require-session.ts';
import { databaseUnavailable } from '../on-error.ts';
import type { Auth } from './auth.ts';

/** The person of a session cookie. Throws a 503 problem when sessions can't be read: nobody is signed out by an outage. */
export function createFindVisitor(auth: Auth): FindVisitor {
  return async (headers) => {
    const session = await auth.api.getSession({ headers }).catch((error: unknown) => {
      throw databaseUnavailable(error);
    });
    return session ? { userId: session.user.id } : null;
  };
}
