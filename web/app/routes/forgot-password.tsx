import { type ActionFunctionArgs, data, type MetaFunction } from '@remix-run/node';
import { Form, useActionData, useNavigation } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { emailFault } from '../forms/new-person.ts';
import { textOf } from '../forms/text-of.ts';
import { Button } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';

export const meta: MetaFunction = () => [{ title: 'Forgot the password · Leasehold' }];

interface ForgotResult {
  sentTo?: string;
  error?: string;
  fault?: string;
  email?: string;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const email = textOf(await request.formData(), 'email');
  const fault = emailFault(email);
  if (fault) return data<ForgotResult>({ fault, email }, { status: 400 });
  try {
    await createApiClient(context, request).post('/api/auth/request-password-reset', { email });
    return data<ForgotResult>({ sentTo: email });
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<ForgotResult>({ error, email }, { status });
  }
}

export default function ForgotPassword() {
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  if (result?.sentTo) {
    return (
      <CalmPage title="Look into your mail">
        <p className="mt-3 leading-relaxed" role="status">
          If <strong className="font-semibold break-all">{result.sentTo}</strong> has an account, a link is on its way.
          It works once, within an hour.
        </p>
        <p className="mt-6 text-sm">
          <a href="/sign-in" className="font-medium underline">
            Back to sign-in
          </a>
        </p>
      </CalmPage>
    );
  }
  return (
    <CalmPage title="Forgot the password?">
      <p className="mt-2 text-muted">We send you a link with which you set a new one.</p>
      <Form method="post" noValidate className="mt-6 flex flex-col gap-5">
        <FormAlert refused={result?.error ? { error: result.error } : null} />
        <div role={result?.fault ? 'alert' : undefined}>
          <Field
            label="E-mail"
            name="email"
            type="email"
            autoComplete="username"
            defaultValue={result?.email}
            error={result?.fault}
          />
        </div>
        <Button look="primary" off={pending} className="w-full">
          Send the link
        </Button>
      </Form>
      <p className="mt-6 text-sm">
        <a href="/sign-in" className="font-medium underline">
          Back to sign-in
        </a>
      </p>
    </CalmPage>
  );
}
