import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { type ApiClient, ApiProblem, createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { throwFailure } from '../api/failure.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { signInPathFor } from '../api/return-path.ts';
import { viewerOf } from '../format/viewer.ts';
import { passwordFault } from '../forms/new-person.ts';
import { passwordOf, textOf } from '../forms/text-of.ts';
import type { MeResult } from '../people/me-result.ts';
import { NameCard } from '../people/name-card.tsx';
import { PasswordCard } from '../people/password-card.tsx';
import { SecondFactorCard } from '../people/second-factor-card.tsx';
import { presentSessions, type SessionAnswer } from '../people/session-view.ts';
import { SessionsCard } from '../people/sessions-card.tsx';
import { useMe } from '../people/use-me.ts';
import { Notice } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-title.tsx';

export const meta: MetaFunction = () => [{ title: 'You · Leasehold' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  const api = createApiClient(context, request);
  try {
    return { sessions: await readSessions(api, request) };
  } catch (error) {
    return throwFailure(error, request);
  }
}

/** `null` when one has to sign in again to see them. */
async function readSessions(api: ApiClient, request: Request) {
  const now = new Date().toISOString();
  try {
    const [current, all] = await Promise.all([
      api.get<{ session: { id: string } } | null>('/api/auth/get-session'),
      api.get<SessionAnswer[]>('/api/auth/list-sessions'),
    ]);
    return presentSessions(all, current?.session.id ?? null, now, viewerOf(request.headers));
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'session-not-fresh') return null;
    throw error;
  }
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const intent = textOf(form, 'intent');
  const totpUri = textOf(form, 'totpUri');
  const backupCodes = form.getAll('backupCode').map(String);
  // While it is being set up, a wrong code must not take the picture away.
  const setUp = intent === 'confirm-second-factor' ? { totpUri, backupCodes } : {};
  try {
    const { setCookies, ...result } = await carryOut(createApiClient(context, request), intent, form);
    return data<MeResult>({ intent, ...result }, { headers: cookieHeaders(setCookies) });
  } catch (thrown) {
    const { error, status, code } = refusalOf(thrown, request);
    if (code === 'session-not-fresh') throw redirect(`${signInPathFor(request)}&reason=not-fresh`);
    return data<MeResult>({ intent, error, ...setUp }, { status });
  }
}

type Outcome = Omit<MeResult, 'intent'> & { setCookies: string[] };

async function carryOut(api: ApiClient, intent: string, form: FormData): Promise<Outcome> {
  const password = passwordOf(form, 'password');
  switch (intent) {
    case 'change-name': {
      const name = textOf(form, 'name');
      if (name === '') return { fault: 'Please tell us how to call you.', setCookies: [] };
      const { setCookies } = await api.post('/api/auth/update-user', { name });
      return { done: 'Your name is changed.', setCookies };
    }
    case 'change-password': {
      const newPassword = passwordOf(form, 'newPassword');
      const fault = passwordFault(newPassword);
      if (fault) return { fault, setCookies: [] };
      const { setCookies } = await api.post('/api/auth/change-password', {
        currentPassword: password,
        newPassword,
        revokeOtherSessions: true,
      });
      return { done: 'The new password is set. All other sessions have ended.', setCookies };
    }
    case 'set-up-second-factor': {
      const { answer, setCookies } = await api.post<{ totpURI: string; backupCodes: string[] }>(
        '/api/auth/two-factor/enable',
        { password },
      );
      return { totpUri: answer.totpURI, backupCodes: answer.backupCodes, setCookies };
    }
    case 'confirm-second-factor': {
      const code = textOf(form, 'code').replace(/\s/g, '');
      const { setCookies } = await api.post('/api/auth/two-factor/verify-totp', { code });
      return { done: 'The second step is on. From now on signing in asks for a code.', setCookies };
    }
    case 'new-backup-codes': {
      const { answer, setCookies } = await api.post<{ backupCodes: string[] }>(
        '/api/auth/two-factor/generate-backup-codes',
        { password },
      );
      return { backupCodes: answer.backupCodes, setCookies };
    }
    case 'disable-second-factor': {
      const { setCookies } = await api.post('/api/auth/two-factor/disable', { password });
      return { done: 'The second step is off. Your password alone signs in.', setCookies };
    }
    case 'end-session': {
      // Pages know sessions by their ids: what would open one is told to none of them.
      const sessions = await api.get<SessionAnswer[]>('/api/auth/list-sessions');
      const token = sessions.find(({ id }) => id === textOf(form, 'sessionId'))?.token;
      if (token === undefined) return { done: 'That session had ended already.', setCookies: [] };
      const { setCookies } = await api.post('/api/auth/revoke-session', { token });
      return { done: 'That session has ended.', setCookies };
    }
    case 'end-other-sessions': {
      const { setCookies } = await api.post('/api/auth/revoke-other-sessions');
      return { done: 'All other sessions have ended.', setCookies };
    }
    default:
      return { error: 'That button is not known.', setCookies: [] };
  }
}

export default function Me() {
  const { sessions } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const { user, notice, accounts } = useMe();

  return (
    <main id="main" tabIndex={-1} className="flex flex-col gap-5 outline-none">
      <PageTitle title={user?.name || 'You'}>How you sign in, and where you are signed in.</PageTitle>
      {notice ? (
        <Notice tone="info" role="status">
          {notice}{' '}
          <a href="/" className="font-semibold underline">
            Look again
          </a>
        </Notice>
      ) : accounts.length === 0 ? (
        <Notice tone="info">You belong to no account at the moment.</Notice>
      ) : null}
      {result?.done ? (
        <Notice tone="good" role="status">
          {result.done}
        </Notice>
      ) : null}
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <NameCard name={user?.name ?? ''} email={user?.email ?? ''} result={result} off={pending} />
        <PasswordCard result={result} off={pending} />
        <SecondFactorCard isOn={user?.twoFactorEnabled ?? false} result={result} off={pending} />
        <SessionsCard sessions={sessions} result={result} off={pending} />
      </div>
    </main>
  );
}
