import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { PASSWORD_HINT, passwordFault } from '../forms/new-person.ts';
import { passwordOf, textOf } from '../forms/text-of.ts';
import { Button } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';

export const meta: MetaFunction = () => [{ title: 'Set a new password · Leasehold' }];

export function loader({ request }: LoaderFunctionArgs) {
  return { token: new URL(request.url).searchParams.get('token') ?? '' };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const newPassword = passwordOf(form, 'password');
  const fault = passwordFault(newPassword);
  if (fault) return data({ fault, error: null }, { status: 400 });
  try {
    const token = textOf(form, 'token');
    await createApiClient(context, request).post('/api/auth/reset-password', { newPassword, token });
    return redirect('/sign-in?reason=password-set');
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data({ error, fault: undefined }, { status });
  }
}

export default function ResetPassword() {
  const { token } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  return (
    <CalmPage title="Set a new password">
      <p className="mt-2 text-muted">It ends all sessions, also those of others.</p>
      <Form method="post" noValidate className="mt-6 flex flex-col gap-5">
        <FormAlert refused={refused?.error ? { error: refused.error } : null} />
        <input type="hidden" name="token" value={token} />
        <div role={refused?.fault ? 'alert' : undefined}>
          <Field
            label="New password"
            name="password"
            type="password"
            autoComplete="new-password"
            hint={PASSWORD_HINT}
            error={refused?.fault}
          />
        </div>
        <Button look="primary" off={pending} className="w-full">
          Set it
        </Button>
      </Form>
      <p className="mt-6 text-sm">
        <a href="/forgot-password" className="font-medium underline">
          Ask for another link
        </a>
      </p>
    </CalmPage>
  );
}
