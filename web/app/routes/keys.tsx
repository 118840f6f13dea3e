import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation, useParams } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import type { Key } from '../api/people-answers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { viewerOf } from '../format/viewer.ts';
import { textOf } from '../forms/text-of.ts';
import { type KeyView, presentKey, VALIDITIES, validityOf } from '../people/key-view.ts';
import { SCOPES } from '../people/role-words.ts';
import { mayGiveScope } from '../people/sections.ts';
import { useAccountSummary } from '../people/use-me.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Fold } from '../ui/fold.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-title.tsx';
import { SecretText } from '../ui/secret-text.tsx';
import { SelectField } from '../ui/select-field.tsx';

export const meta: MetaFunction = () => [{ title: 'API keys · Leasehold' }];

interface KeysResult {
  intent: 'create' | 'revoke';
  /** Shown this once. */
  made?: { name: string; secret: string };
  done?: string;
  error?: string;
  faults?: { name?: string | undefined; scopes?: string | undefined };
  name?: string;
  scopes?: string[];
}

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const viewer = viewerOf(request.headers);
  const now = new Date().toISOString();
  try {
    const { keys } = await createApiClient(context, request).get<{ keys: Key[] }>(pathOf(params.accountId));
    return { keys: keys.map((key) => presentKey(key, now, viewer)) };
  } catch (error) {
    return throwFailure(error, request);
  }
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const form = await request.formData();
  const intent = textOf(form, 'intent') === 'revoke' ? 'revoke' : 'create';
  const name = textOf(form, 'name');
  const scopes = form.getAll('scopes').map(String);
  const expiresInDays = validityOf(textOf(form, 'validity'));
  const api = createApiClient(context, request);
  try {
    if (intent === 'revoke') {
      await api.delete(`${pathOf(params.accountId)}/${encodeURIComponent(textOf(form, 'keyId'))}`);
      return data<KeysResult>({ intent, done: 'The key was revoked. Whoever sends it is refused from now on.' });
    }
    const faults = {
      name: name ? undefined : 'Please give the key a name, to know it again.',
      scopes: scopes.length > 0 ? undefined : 'Please choose at least one thing that it may do.',
    };
    if (faults.name || faults.scopes || expiresInDays === undefined) {
      const error = 'Please look at what is marked below.';
      return data<KeysResult>({ intent, error, faults, name, scopes }, { status: 400 });
    }
    const { answer } = await api.post<{ key: string; name: string }>(pathOf(params.accountId), {
      name,
      scopes,
      expiresInDays,
    });
    return data<KeysResult>({ intent, made: { name: answer.name, secret: answer.key } });
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<KeysResult>({ intent, error, name, scopes }, { status });
  }
}

function pathOf(accountId: string | undefined): string {
  return `/api/v1/accounts/${encodeURIComponent(accountId ?? '')}/keys`;
}

export default function Keys() {
  const { keys } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const role = useAccountSummary(useParams().accountId)?.role ?? 'member';
  const refused = result?.error ? { error: result.error } : null;
  const active = keys.filter(({ state }) => state === 'active');
  const over = keys.filter(({ state }) => state !== 'active');

  return (
    <>
      <PageTitle title="API keys">
        For programs that act for this account. Each may do what you choose here, and nothing else.
      </PageTitle>
      {result?.done ? (
        <Notice tone="good" role="status">
          {result.done}
        </Notice>
      ) : null}
      {result?.made ? <NewKey name={result.made.name} secret={result.made.secret} /> : null}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1.55fr)_minmax(0,1fr)]">
        <Card labelledBy="keys">
          <h2 id="keys" className="text-lg font-semibold tracking-tight">
            {active.length} active {active.length === 1 ? 'key' : 'keys'}
          </h2>
          <FormAlert refused={result?.intent === 'revoke' ? refused : null} />
          {active.length === 0 ? <p className="mt-3 text-muted">There is none yet.</p> : null}
          <ul className="mt-2 divide-y divide-line">
            {active.map((key) => (
              <KeyRow key={key.id} entry={key} off={pending} />
            ))}
          </ul>
          {over.length > 0 ? (
            <Fold summary={`Expired and revoked: ${over.length}`}>
              <ul className="divide-y divide-line">
                {over.map((key) => (
                  <KeyRow key={key.id} entry={key} off={pending} />
                ))}
              </ul>
            </Fold>
          ) : null}
        </Card>
        <Card labelledBy="new-key">
          <h2 id="new-key" className="text-lg font-semibold tracking-tight">
            New key
          </h2>
          <Form key={keys.length} method="post" noValidate className="mt-4 flex flex-col gap-5">
            <FormAlert refused={result?.intent === 'create' ? refused : null} />
            <Field
              label="Name"
              hint="What uses it, such as “nightly backup”."
              name="name"
              maxLength={80}
              autoComplete="off"
              defaultValue={result?.name}
              error={result?.faults?.name}
            />
            <fieldset
              className="flex flex-col gap-3"
              aria-describedby={result?.faults?.scopes ? 'scopes-error' : undefined}
            >
              <legend className="mb-2 text-sm font-medium">It may</legend>
              {SCOPES.filter(({ value }) => mayGiveScope(role, value)).map(({ value, text, means }) => (
                <Choice
                  key={value}
                  name="scopes"
                  value={value}
                  label={text}
                  hint={means}
                  defaultChecked={(result?.scopes ?? ['read']).includes(value)}
                />
              ))}
              {result?.faults?.scopes ? (
                <p id="scopes-error" className="text-sm font-medium text-bad">
                  {result.faults.scopes}
                </p>
              ) : null}
            </fieldset>
            <SelectField label="Valid for" name="validity" defaultValue="90" options={VALIDITIES} />
            <Button look="primary" name="intent" value="create" off={pending}>
              {pending ? 'One moment…' : 'Make the key'}
            </Button>
          </Form>
        </Card>
      </div>
    </>
  );
}

function NewKey({ name, secret }: { name: string; secret: string }) {
  return (
    <Card labelledBy="made">
      <h2 id="made" className="text-lg font-semibold tracking-tight break-words">
        “{name}” is ready
      </h2>
      <p className="mt-1 mb-4 leading-relaxed text-muted">
        Copy it now: it is shown this once and never again. We keep only a trace of it that can’t be turned back.
      </p>
      <SecretText label="Key" text={secret} />
    </Card>
  );
}

function KeyRow({ entry, off }: { entry: KeyView; off: boolean }) {
  const { id, name, start, scopes, state, label, tone, created, expires, lastUsed } = entry;
  return (
    <li className="py-4">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <p className="font-medium break-words">{name}</p>
          <p className="mt-0.5 font-mono text-sm text-muted">{start}…</p>
        </div>
        <Badge tone={tone}>{label}</Badge>
      </div>
      <dl className="mt-3 grid grid-cols-2 gap-x-4 gap-y-3 text-sm sm:grid-cols-4">
        <Fact term="May" text={scopes} />
        <Fact term="Last used" text={lastUsed?.relative ?? 'never'} at={lastUsed?.iso} />
        <Fact
          term={state === 'expired' ? 'Expired' : 'Expires'}
          text={expires ? `${expires.day}` : 'never'}
          at={expires?.iso}
        />
        <Fact term="Made" text={created.day} at={created.iso} />
      </dl>
      {state === 'active' ? (
        <Fold summary="Revoke…" about={name}>
          <Form method="post" className="flex flex-col items-start gap-4">
            <input type="hidden" name="keyId" value={id} />
            <p className="text-sm leading-relaxed">
              Whatever uses “{name}” is refused from then on. A revoked key can’t be brought back.
            </p>
            <Button look="grave" name="intent" value="revoke" off={off} aria-label={`Revoke ${name}`}>
              Revoke it
            </Button>
          </Form>
        </Fold>
      ) : null}
    </li>
  );
}

function Fact({ term, text, at }: { term: string; text: string; at?: string | undefined }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted">{term}</dt>
      <dd className="mt-0.5 font-medium break-words">{at ? <time dateTime={at}>{text}</time> : text}</dd>
    </div>
  );
}
