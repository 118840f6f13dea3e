import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { type ApiClient, ApiProblem, ApiUnreachable, createApiClient } from '../api/api-client.server.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { Button } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Field } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';

export const meta: MetaFunction = () => [{ title: 'Sign in · Leasehold' }];

export async function loader({ request, context }: LoaderFunctionArgs) {
  if (request.headers.has('cookie') && (await hasSession(createApiClient(context.apiUrl, request)))) {
    throw redirect('/account');
  }
  const viewer = viewerOf(request.headers);
  return { timeZone: viewer.timeZoneKnown ? viewer.timeZone : null };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const email = String(form.get('email') ?? '').trim();
  const password = String(form.get('password') ?? '');
  const refuse = (error: string, status: number) => data({ error, email }, { status });

  if (!email || !password) return refuse('Please enter your e-mail address and your password.', 400);
  try {
    const api = createApiClient(context.apiUrl, request);
    const { setCookies } = await api.post('/api/auth/sign-in/email', { email, password });
    const headers = new Headers();
    for (const cookie of setCookies) headers.append('set-cookie', cookie);
    return redirect('/account', { headers });
  } catch (error) {
    if (error instanceof ApiUnreachable) {
      return refuse('Signing in is not possible right now. Please try again in a minute.', 503);
    }
    if (error instanceof ApiProblem) return refuse(error.detail, error.status);
    throw error;
  }
}

export default function SignIn() {
  const { timeZone } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const password = useRef<HTMLInputElement>(null);

  useTimeZone(timeZone);
  useEffect(() => {
    if (refused) password.current?.focus();
  }, [refused]);

  return (
    <CalmPage title="Sign in">
      <p className="mt-2 text-muted">to see your plan, what happens next, and your workspace.</p>
      <Form method="post" className="mt-6 flex flex-col gap-5">
        {refused ? (
          <Notice tone="bad" role="alert">
            <span id="sign-in-error">{refused.error}</span>
          </Notice>
        ) : null}
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={refused?.email}
          invalid={Boolean(refused)}
        />
        <Field
          ref={password}
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          invalid={Boolean(refused)}
        />
        <Button look="primary" off={pending} className="w-full">
          {pending ? 'Signing in…' : 'Sign in'}
        </Button>
      </Form>
    </CalmPage>
  );
}

async function hasSession(api: ApiClient): Promise<boolean> {
  try {
    return (await api.get<unknown>('/api/auth/get-session')) !== null;
  } catch {
    return false;
  }
}
