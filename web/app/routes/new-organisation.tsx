import { setTimeout as delay } from 'node:timers/promises';
import { type ActionFunctionArgs, data, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useNavigation } from '@remix-run/react';
import { type ApiClient, createApiClient } from '../api/api-client.server.ts';
import type { MeAnswer } from '../api/people-answers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { textOf } from '../forms/text-of.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';

export const meta: MetaFunction = () => [{ title: 'New organisation · Leasehold' }];

const OPENED_WITHIN_MS = 5_000;
const POLL_MS = 150;

interface NewOrganisationResult {
  name: string;
  fault?: string;
  error?: string;
}

export async function action({ request, context }: ActionFunctionArgs) {
  const name = textOf(await request.formData(), 'name');
  if (!name) {
    return data<NewOrganisationResult>({ name, fault: 'Please give the organisation a name.' }, { status: 400 });
  }
  try {
    const api = createApiClient(context, request);
    const { answer } = await api.post<{ accountId: string }>('/api/v1/organisations', { name });
    await untilOpened(api, answer.accountId);
    return redirect(`/accounts/${encodeURIComponent(answer.accountId)}`);
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<NewOrganisationResult>({ name, error }, { status });
  }
}

/** The account is opened a moment after the organisation: waits until it can be looked at, or gives up. */
async function untilOpened(api: ApiClient, accountId: string): Promise<void> {
  const giveUpAt = performance.now() + OPENED_WITHIN_MS;
  while (performance.now() < giveUpAt) {
    const { accounts } = await api.get<MeAnswer>('/api/v1/me');
    if (accounts.some((each) => each.accountId === accountId)) return;
    await delay(POLL_MS);
  }
}

export default function NewOrganisation() {
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  return (
    <main id="main" tabIndex={-1} className="mx-auto max-w-xl outline-none">
      <Card labelledBy="title">
        <h1 id="title" className="text-2xl font-semibold tracking-tight">
          New organisation
        </h1>
        <p className="mt-2 leading-relaxed text-muted">
          It has a plan, workspaces and a bill of its own. You own it, and invite others to it.
        </p>
        <Form method="post" noValidate className="mt-6 flex flex-col gap-5">
          <FormAlert refused={result?.error ? { error: result.error } : null} />
          <div role={result?.fault ? 'alert' : undefined}>
            <Field
              label="Name"
              name="name"
              maxLength={80}
              autoComplete="organization"
              defaultValue={result?.name}
              error={result?.fault}
            />
          </div>
          <Button look="primary" off={pending}>
            {pending ? 'Opening…' : 'Open it'}
          </Button>
        </Form>
      </Card>
    </main>
  );
}
