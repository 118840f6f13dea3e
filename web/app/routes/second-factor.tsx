import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { cookieHeaders } from '../api/cookie-headers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { ownPath } from '../api/return-path.ts';
import { textOf } from '../forms/text-of.ts';
import { secondFactorOf } from '../people/second-factor-code.ts';
import { Button } from '../ui/button.tsx';
import { CalmPage } from '../ui/calm-page.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';

export const meta: MetaFunction = () => [{ title: 'Second step · Leasehold' }];

export function loader({ request }: LoaderFunctionArgs) {
  return { next: ownPath(new URL(request.url).searchParams.get('next')) };
}

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData();
  const next = ownPath(textOf(form, 'next'));
  const { path, code } = secondFactorOf(textOf(form, 'code'));
  if (!code) return data({ error: 'Please enter a code.' }, { status: 400 });
  try {
    const trustDevice = form.get('trustDevice') === 'on';
    const { setCookies } = await createApiClient(context, request).post(path, { code, trustDevice });
    return redirect(next ?? '/', { headers: cookieHeaders(setCookies) });
  } catch (thrown) {
    const { error, status, code: reason } = refusalOf(thrown, request);
    if (reason === 'second-factor-timed-out') {
      throw redirect(`/sign-in?${new URLSearchParams({ reason: 'took-too-long', ...(next ? { next } : {}) })}`);
    }
    return data({ error }, { status });
  }
}

export default function SecondFactor() {
  const { next } = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  return (
    <CalmPage title="Second step">
      <p className="mt-2 text-muted">Your password is right. One thing more.</p>
      <Form method="post" className="mt-6 flex flex-col gap-5">
        {next ? <input type="hidden" name="next" value={next} /> : null}
        <div role={refused ? 'alert' : undefined}>
          <Field
            label="Code"
            hint="The six digits that your authenticator shows, or one of your backup codes."
            name="code"
            autoComplete="one-time-code"
            autoCapitalize="none"
            spellCheck={false}
            error={refused?.error}
          />
        </div>
        <Choice
          name="trustDevice"
          label="Don’t ask on this device for 30 days"
          hint="Only where nobody else signs in."
        />
        <Button look="primary" off={pending} className="w-full">
          {pending ? 'Signing in…' : 'Sign in'}
        </Button>
      </Form>
      <p className="mt-6 text-sm text-muted">
        Neither at hand?{' '}
        <a href="/sign-in" className="font-medium text-ink underline">
          Begin anew
        </a>
      </p>
    </CalmPage>
  );
}
