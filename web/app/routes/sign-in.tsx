import {
  type ActionFunctionArgs,
  data,
  type HeadersFunction,
  type LoaderFunctionArgs,
  type MetaFunction,
  redirect,
} from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { hasSession } from '../api/has-session.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { ownPath } from '../api/return-path.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { passwordOf, textOf } from '../forms/text-of.ts';
import { ProviderButtons } from '../people/provider-buttons.tsx';
import { Button, buttonClasses } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Field } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';

export const meta: MetaFunction = () => [{ title: 'Sign in · Leasehold' }];

/** Why one comes here from another of our pages. */
const REASONS: Record<string, { tone: 'good' | 'warn'; text: string }> = {
  'password-set': { tone: 'good', text: 'Your new password is set, and all sessions have ended. Sign in with it.' },
  'took-too-long': { tone: 'warn', text: 'That took too long. Sign in with your password again, then enter the code.' },
  'not-fresh': { tone: 'warn', text: 'You signed in some time ago. Sign in again, to be on the safe side.' },
};
const PROVIDER_FAILED = {
  tone: 'warn',
  text: 'The other service did not sign you in. Please try again, or use your password.',
} as const;

interface SignInResult {
  error?: string;
  email?: string;
  next?: string | null;
  /** The other service's page. Reached by a link, since the policy lets forms lead to nobody but us. */
  continueTo?: string;
}

export async function loader({ request, context }: LoaderFunctionArgs) {
  const params = new URL(request.url).searchParams;
  const next = ownPath(params.get('next'));
  const reason = params.get('reason') ?? '';
  if (reason !== 'not-fresh' && (await hasSession(context, request))) throw redirect(next ?? '/');
  const viewer = viewerOf(request.headers);
  return {
    next,
    notice: params.has('error') ? PROVIDER_FAILED : (REASONS[reason] ?? null),
    providers: context.providers,
    timeZone: viewer.timeZoneKnown ? viewer.timeZone : null,
  };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const email = textOf(form, 'email');
  const password = passwordOf(form, 'password');
  const provider = textOf(form, 'provider');
  const next = ownPath(textOf(form, 'next'));
  const api = createApiClient(context, request);
  try {
    if (provider) {
      const { answer, setCookies } = await api.post<{ url: string }>('/api/auth/sign-in/social', {
        provider,
        callbackURL: next ?? '/',
        disableRedirect: true,
      });
      const headers = cookieHeaders(setCookies);
      headers.set('refresh', `0;url=${answer.url}`);
      return data<SignInResult>({ continueTo: answer.url }, { headers });
    }
    if (!email || !password) {
      return data<SignInResult>(
        { error: 'Please enter your e-mail address and your password.', email, next },
        { status: 400 },
      );
    }
    const { answer, setCookies } = await api.post<{ twoFactorRedirect?: boolean }>('/api/auth/sign-in/email', {
      email,
      password,
    });
    const query = next ? `?${new URLSearchParams({ next })}` : '';
    const path = answer.twoFactorRedirect ? `/sign-in/second-factor${query}` : (next ?? '/');
    return redirect(path, { headers: cookieHeaders(setCookies) });
  } catch (thrown) {
    const { error, status, code } = refusalOf(thrown, request);
    const text = code === 'unreachable' ? 'Signing in is not possible right now. Please try again in a minute.' : error;
    return data<SignInResult>({ error: text, email, next }, { status });
  }
}

/** Sends browsers without JavaScript on to the other service. */
export const headers: HeadersFunction = ({ actionHeaders }) => {
  const refresh = actionHeaders.get('refresh');
  return new Headers(refresh ? { refresh } : {});
};

export default function SignIn() {
  const loaded = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const next = result?.next ?? loaded.next;
  const continueTo = result?.continueTo;
  const password = useRef<HTMLInputElement>(null);

  useTimeZone(loaded.timeZone);
  useEffect(() => {
    if (result?.error) password.current?.focus();
  }, [result]);
  useEffect(() => {
    if (continueTo) window.location.assign(continueTo);
  }, [continueTo]);

  if (continueTo) {
    return (
      <CalmPage title="One moment">
        <p className="mt-3 leading-relaxed text-muted">You are being taken to the service that you sign in with.</p>
        <a href={continueTo} className={`mt-6 w-full ${buttonClasses('primary')}`}>
          Continue
        </a>
      </CalmPage>
    );
  }
  return (
    <CalmPage title="Sign in">
      <p className="mt-2 text-muted">to see your plan, what happens next, and your workspaces.</p>
      <Form method="post" className="mt-6 flex flex-col gap-5">
        {result?.error ? (
          <Notice tone="bad" role="alert">
            <span id="sign-in-error">{result.error}</span>
          </Notice>
        ) : null}
        {loaded.notice && !result ? (
          <Notice tone={loaded.notice.tone} role="status">
            {loaded.notice.text}
          </Notice>
        ) : null}
        {next ? <input type="hidden" name="next" value={next} /> : null}
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={result?.email}
          invalid={Boolean(result?.error)}
          aria-describedby={result?.error ? 'sign-in-error' : undefined}
        />
        <Field
          ref={password}
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          invalid={Boolean(result?.error)}
          aria-describedby={result?.error ? 'sign-in-error' : undefined}
        />
        <Button look="primary" off={pending} className="w-full">
          {pending ? 'Signing in…' : 'Sign in'}
        </Button>
      </Form>
      <ProviderButtons providers={loaded.providers} next={next} />
      <p className="mt-6 flex flex-wrap justify-between gap-x-6 gap-y-3 text-sm">
        <a href="/forgot-password" className="font-medium underline">
          Forgot the password?
        </a>
        <a href="/sign-up" className="font-medium underline">
          Sign up
        </a>
      </p>
    </CalmPage>
  );
}
