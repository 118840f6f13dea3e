import type { AccountAnswer, Happened, TimelineAnswer, WorkspaceAnswer } from '#api/answers.ts';
import { type ApiClient, ApiProblem } from '../api/api-client.server.ts';
import type { Viewer } from '../format/viewer.ts';
import { type AccountPage, presentAccountPage } from './account-page.ts';
import type { WorkspaceLife } from './workspace.ts';

export interface AccountReader {
  /** Throws `ApiProblem` and `ApiUnreachable` of the account itself; what only adds to it may be missing. */
  read(minVersion: number | null): Promise<AccountPage>;
}

/** History is saved a moment after the version that it belongs to: so often it is read again after a change. */
const READS_AFTER_CHANGE = 5;

/** Reads the account page for one viewer. Kept for a stream, it reads the history only around changes. */
export function createAccountReader(api: ApiClient, accountId: string, viewer: Viewer): AccountReader {
  const path = `/api/v1/accounts/${encodeURIComponent(accountId)}`;
  let history: Happened[] | null = null;
  let historyVersion = -1;
  let readsLeft = 0;

  async function readHistory(version: number): Promise<Happened[] | null> {
    if (version !== historyVersion) readsLeft = READS_AFTER_CHANGE;
    historyVersion = version;
    if (history && readsLeft === 0) return history;
    readsLeft = Math.max(0, readsLeft - 1);
    history = await orNull(api.get<TimelineAnswer>(`${path}/timeline`).then((answer) => answer.entries));
    return history;
  }

  return {
    async read(minVersion) {
      const query = minVersion === null ? '' : `?minVersion=${minVersion}`;
      const account = await api.get<AccountAnswer>(`${path}${query}`);
      const [entries, lives] = await Promise.all([readHistory(account.version), readLive(api, account)]);
      return presentAccountPage({ account, history: entries, lives, viewer, wallMs: Date.now() });
    },
  };
}

async function readLive(api: ApiClient, account: AccountAnswer): Promise<Map<string, WorkspaceLife>> {
  const ids = account.workspaces.filter((each) => each.status !== 'deleted').map((each) => each.id);
  const found = await Promise.all(
    ids.map(async (id) => {
      const answer = await orNull(api.get<WorkspaceAnswer>(`/api/v1/workspaces/${encodeURIComponent(id)}`));
      return [id, { live: answer?.live ?? null, incident: answer?.incident ?? null }] as const;
    }),
  );
  return new Map(found);
}

/** A session that has ended is never swallowed. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) throw error;
    return null;
  }
}
