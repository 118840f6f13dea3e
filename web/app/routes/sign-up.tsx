import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { hasSession } from '../api/has-session.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { type FieldErrors, newPersonFaults, PASSWORD_HINT } from '../forms/new-person.ts';
import { passwordOf, textOf } from '../forms/text-of.ts';
import { ProviderButtons } from '../people/provider-buttons.tsx';
import { Button } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';

export const meta: MetaFunction = () => [{ title: 'Sign up · Leasehold' }];

interface SignUpResult {
  /** Where the mail went: the form is done. */
  sentTo?: string;
  sentAgain?: boolean;
  error?: string;
  faults?: FieldErrors<'name' | 'email' | 'password'>;
  name?: string;
  email?: string;
}

export async function loader({ request, context }: LoaderFunctionArgs) {
  if (await hasSession(context, request)) throw redirect('/');
  return { providers: context.providers };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const api = createApiClient(context, request);
  const name = textOf(form, 'name');
  const email = textOf(form, 'email');
  const again = form.get('intent') === 'send-again';
  try {
    if (again) {
      await api.post('/api/auth/send-verification-email', { email });
      return data<SignUpResult>({ sentTo: email, sentAgain: true });
    }
    const password = passwordOf(form, 'password');
    const faults = newPersonFaults({ name, email, password });
    if (Object.keys(faults).length > 0) {
      return data<SignUpResult>(
        { error: 'Please look at what is marked below.', faults, name, email },
        { status: 400 },
      );
    }
    await api.post('/api/auth/sign-up/email', { name, email, password });
    return data<SignUpResult>({ sentTo: email });
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<SignUpResult>({ error, name, email, ...(again ? { sentTo: email } : {}) }, { status });
  }
}

export default function SignUp() {
  const { providers } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  if (result?.sentTo) return <LookIntoYourMail result={result} email={result.sentTo} pending={pending} />;
  const faults = result?.faults;

  return (
    <CalmPage title="Sign up">
      <p className="mt-2 text-muted">A workspace of your own, free to begin with. No card is needed.</p>
      <Form method="post" noValidate className="mt-6 flex flex-col gap-5">
        <FormAlert refused={result?.error ? { error: result.error } : null} />
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          maxLength={80}
          defaultValue={result?.name}
          error={faults?.name}
        />
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          defaultValue={result?.email}
          error={faults?.email}
        />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
          error={faults?.password}
        />
        <Button look="primary" off={pending} className="w-full">
          {pending ? 'Signing up…' : 'Sign up'}
        </Button>
      </Form>
      <ProviderButtons providers={providers} next={null} />
      <p className="mt-6 text-sm text-muted">
        You have an account already?{' '}
        <a href="/sign-in" className="font-medium text-ink underline">
          Sign in
        </a>
      </p>
    </CalmPage>
  );
}

function LookIntoYourMail({ result, email, pending }: { result: SignUpResult; email: string; pending: boolean }) {
  return (
    <CalmPage title="Look into your mail">
      <p className="mt-3 leading-relaxed">
        We have sent a link to <strong className="font-semibold break-all">{email}</strong>. Open it within an hour and
        enter your password there, and your workspace starts.
      </p>
      <p className="mt-3 text-sm leading-relaxed text-muted">Nothing there? Look into the spam folder as well.</p>
      <Form method="post" className="mt-6 flex flex-col gap-4">
        <FormAlert refused={result.error ? { error: result.error } : null} />
        {result.sentAgain ? (
          <Notice tone="good" role="status">
            It is on its way once more.
          </Notice>
        ) : null}
        <input type="hidden" name="email" value={email} />
        <Button look="quiet" name="intent" value="send-again" off={pending}>
          Send it again
        </Button>
      </Form>
      <p className="mt-6 text-sm text-muted">
        A mistake in the address?{' '}
        <a href="/sign-up" className="font-medium text-ink underline">
          Begin anew
        </a>
      </p>
    </CalmPage>
  );
}
