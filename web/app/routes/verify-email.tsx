import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { passwordOf, textOf } from '../forms/text-of.ts';
import { Button, buttonClasses } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';

export const meta: MetaFunction = () => [{ title: 'Confirm your address · Leasehold' }];

interface Refused {
  error: string;
  /** The link is no good, whatever the password is. */
  isOver: boolean;
}

export function loader({ request }: LoaderFunctionArgs) {
  return { token: new URL(request.url).searchParams.get('token') ?? '' };
}

/** Confirms the address and signs in. */
export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const password = passwordOf(form, 'password');
  if (!password) {
    return data<Refused>({ error: 'Please enter the password that you chose.', isOver: false }, { status: 400 });
  }
  try {
    const { setCookies } = await createApiClient(context, request).post('/api/auth/verify-email', {
      token: textOf(form, 'token'),
      password,
    });
    return redirect('/', { headers: cookieHeaders(setCookies) });
  } catch (thrown) {
    const { error, status, code } = refusalOf(thrown, request);
    return data<Refused>({ error, isOver: code === 'token-invalid' }, { status });
  }
}

/** Where the link of the mail leads. The password shows that whoever reads the mail is also who signed up. */
export default function VerifyEmail() {
  const { token } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  if (refused?.isOver || !token)
    return <OverLink error={refused?.error ?? 'It is not whole. Open it from the mail.'} />;
  return (
    <CalmPage title="Confirm your address">
      <p className="mt-2 text-muted">
        Enter the password that you chose when you signed up, and your workspace starts.
      </p>
      <Form method="post" className="mt-6 flex flex-col gap-5">
        <FormAlert refused={refused ? { error: refused.error } : null} />
        <input type="hidden" name="token" value={token} />
        <Field label="Password" name="password" type="password" autoComplete="current-password" />
        <Button look="primary" off={pending} className="w-full">
          {pending ? 'Confirming…' : 'Confirm'}
        </Button>
      </Form>
      <p className="mt-6 text-sm leading-relaxed text-muted">
        You did not sign up, or the password is forgotten?{' '}
        <a href="/sign-up" className="font-medium text-ink underline">
          Sign up
        </a>{' '}
        with a password of your own. Without the mail nobody gets in.
      </p>
    </CalmPage>
  );
}

function OverLink({ error }: { error: string }) {
  return (
    <CalmPage title="That link did not work">
      <p className="mt-3 leading-relaxed text-muted">{error}</p>
      <p className="mt-3 leading-relaxed text-muted">Signing in with your password sends you a new one.</p>
      <a href="/sign-in" className={`mt-6 w-full ${buttonClasses('primary')}`}>
        Sign in
      </a>
    </CalmPage>
  );
}
