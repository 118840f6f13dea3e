import { randomUUID } from 'node:crypto';
import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation, useParams } from '@remix-run/react';
import { Download } from 'lucide-react';
import type { AccountAnswer, WishAnswer } from '#api/answers.ts';
import { presentStanding } from '../account/standing.ts';
import { createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import type { MeAnswer } from '../api/people-answers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { rememberSeenVersion, seenVersionOf } from '../api/seen-version.server.ts';
import { viewerOf } from '../format/viewer.ts';
import { textOf } from '../forms/text-of.ts';
import { isSameName } from '../people/same-name.ts';
import { useAccountSummary, useMe } from '../people/use-me.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, buttonClasses } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { PageTitle } from '../ui/page-title.tsx';
import { Prose } from '../ui/prose.tsx';

export const meta: MetaFunction = () => [{ title: 'Settings · Leasehold' }];

interface SettingsResult {
  error?: string;
  fault?: string;
  reason?: string;
}

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const accountId = params.accountId ?? '';
  const viewer = viewerOf(request.headers);
  const seen = await seenVersionOf(request, accountId);
  const query = seen === null ? '' : `?minVersion=${seen}`;
  try {
    const path = `/api/v1/accounts/${encodeURIComponent(accountId)}${query}`;
    const account = await createApiClient(context, request).get<AccountAnswer>(path);
    const now = new Date(Math.max(Date.parse(account.now), Date.now())).toISOString();
    return {
      closing: account.closing && { stage: account.closing.stage, standing: presentStanding(account, now, viewer) },
      formKey: randomUUID(),
    };
  } catch (error) {
    return throwFailure(error, request);
  }
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const accountId = params.accountId ?? '';
  const form = await request.formData();
  const keeps = textOf(form, 'intent') === 'keep';
  const reason = textOf(form, 'reason');
  const api = createApiClient(context, request);
  const path = `/api/v1/accounts/${encodeURIComponent(accountId)}`;
  const headers = { 'idempotency-key': textOf(form, 'formKey') || randomUUID() };
  try {
    if (!keeps) {
      const { accounts } = await api.get<MeAnswer>('/api/v1/me');
      const name = accounts.find((each) => each.accountId === accountId)?.name;
      if (name === undefined || !isSameName(textOf(form, 'name'), name)) {
        const fault = `Please write the name exactly: ${name ?? 'it is shown above'}.`;
        return data<SettingsResult>({ fault, reason }, { status: 400 });
      }
    }
    const { answer } = keeps
      ? await api.post<WishAnswer>(`${path}/keep`, {}, headers)
      : await api.delete<WishAnswer>(path, reason ? { reason } : {}, headers);
    return redirect(`/accounts/${encodeURIComponent(accountId)}/settings`, {
      headers: { 'set-cookie': await rememberSeenVersion(accountId, answer.version) },
    });
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<SettingsResult>({ error, reason }, { status });
  }
}

export default function AccountSettings() {
  const { closing, formKey } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const { accountId = '' } = useParams();
  const account = useAccountSummary(accountId);
  const isOrganisation = account?.audience === 'organisation';
  const ownAccountIsClosing = useMe().accounts.some((each) => each.audience === 'personal' && each.closing !== null);
  const refused = result?.error ? { error: result.error } : null;

  return (
    <>
      <PageTitle title="Settings">
        {isOrganisation
          ? 'What concerns the organisation as a whole. Only owners come here.'
          : 'What concerns your account as a whole.'}
      </PageTitle>
      <Card labelledBy="export">
        <h2 id="export" className="text-lg font-semibold tracking-tight">
          Your data
        </h2>
        <p className="mt-2 max-w-3xl leading-relaxed text-muted">
          Everything that we hold of this account, as a JSON file: its state, history, members, keys (without their
          secrets) and the audit log. It can be downloaded at any time, also while the account is suspended or being
          closed.
        </p>
        <a
          href={`/accounts/${encodeURIComponent(accountId)}/export`}
          download
          className={`mt-5 ${buttonClasses('quiet')}`}
        >
          <Download aria-hidden="true" className="size-4" />
          Download
        </a>
      </Card>
      {closing ? (
        <Card labelledBy="keep">
          <h2 id="keep" className="sr-only">
            Closing
          </h2>
          <Badge tone={closing.standing.tone}>{closing.standing.label}</Badge>
          <p className="mt-4 max-w-3xl text-xl leading-snug font-medium text-pretty">
            <Prose parts={closing.standing.meaning} />
          </p>
          {closing.standing.advice ? (
            <p className="mt-2 max-w-3xl leading-relaxed text-muted">
              <Prose parts={closing.standing.advice} />
            </p>
          ) : null}
          {closing.stage === 'deleting' ? null : (
            <Form method="post" className="mt-5 flex flex-col items-start gap-4">
              <FormAlert refused={refused} />
              {isOrganisation && ownAccountIsClosing ? (
                <p className="text-sm text-muted">Take your own account back first.</p>
              ) : null}
              <input type="hidden" name="formKey" value={formKey} />
              <Button look="primary" name="intent" value="keep" off={pending}>
                Keep the account
              </Button>
              <p className="text-sm leading-relaxed text-muted">
                Workspaces that ran before run again. What was cancelled at Stripe stays cancelled: choose a plan anew
                when you like.
              </p>
            </Form>
          )}
        </Card>
      ) : (
        <Card labelledBy="close">
          <h2 id="close" className="text-lg font-semibold tracking-tight">
            Close the account
          </h2>
          <p className="mt-2 max-w-3xl leading-relaxed text-muted">This is what happens, in this order:</p>
          <ol className="mt-3 flex max-w-3xl list-decimal flex-col gap-2 pl-5 leading-relaxed">
            <li>
              Everything is cancelled at Stripe. As long as anything could still be charged, nothing else happens.
            </li>
            <li>The workspaces stop.</li>
            <li>
              Your data is kept for a while. You are told the day by mail, and it is shown here. Until then you can take
              the account back.
            </li>
            <li>
              After that the data, the account and{' '}
              {isOrganisation ? 'the organisation with its memberships' : 'you as a person'} are deleted for good.
            </li>
          </ol>
          <Form method="post" noValidate className="mt-6 flex max-w-xl flex-col gap-5">
            <FormAlert refused={refused} />
            <input type="hidden" name="formKey" value={formKey} />
            <Field
              label="Why? (if you like to tell)"
              name="reason"
              required={false}
              maxLength={500}
              autoComplete="off"
              defaultValue={result?.reason}
            />
            <div role={result?.fault ? 'alert' : undefined}>
              <Field
                label={`To confirm, write the name of the account: ${account?.name ?? ''}`}
                name="name"
                autoComplete="off"
                spellCheck={false}
                error={result?.fault}
              />
            </div>
            <Button look="grave" name="intent" value="close" off={pending} className="self-start">
              Close the account
            </Button>
          </Form>
        </Card>
      )}
    </>
  );
}
