import { randomUUID } from 'node:crypto';
import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { useActionData, useLoaderData, useNavigation, useParams } from '@remix-run/react';
import { BILLING_TIMEOUT_MS, createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { AddOnsCard } from '../billing/add-ons-card.tsx';
import { loadsAfterRefusal } from '../billing/after-refusal.ts';
import { carryOutBilling } from '../billing/billing-action.server.ts';
import { DONE_WORDS, doneWordOf } from '../billing/done-words.ts';
import { GoOn } from '../billing/go-on.tsx';
import { InvoicesCard } from '../billing/invoices-card.tsx';
import { MethodsCard } from '../billing/methods-card.tsx';
import { PlanChoicesCard } from '../billing/plan-choices-card.tsx';
import { PlanSummaryCard } from '../billing/plan-summary-card.tsx';
import { pressedOf } from '../billing/pressed.ts';
import { readBilling } from '../billing/read-billing.server.ts';
import { useSoonFresh } from '../billing/use-soon-fresh.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { textOf } from '../forms/text-of.ts';
import { managesBilling } from '../people/sections.ts';
import { useAccountSummary } from '../people/use-me.ts';
import { Notice } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-title.tsx';

export const meta: MetaFunction = () => [{ title: 'Billing · Leasehold' }];
export const shouldRevalidate = loadsAfterRefusal;

interface BillingResult {
  intent: string;
  id: string;
  error?: string;
  /** A page of Stripe's on which it goes on. */
  go?: string;
}

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const viewer = viewerOf(request.headers);
  const { searchParams } = new URL(request.url);
  try {
    const api = createApiClient(context, request, { timeoutMs: BILLING_TIMEOUT_MS });
    return {
      page: await readBilling(api, params.accountId ?? '', viewer, searchParams.get('before')),
      done: doneWordOf(searchParams.get('done')),
      formKey: randomUUID(),
      timeZone: viewer.timeZoneKnown ? viewer.timeZone : null,
    };
  } catch (error) {
    return throwFailure(error, request);
  }
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const accountId = params.accountId ?? '';
  const form = await request.formData();
  const sent = { intent: textOf(form, 'intent'), id: textOf(form, 'id') };
  const refuse = ({ error, status }: { error: string; status: number }) =>
    data<BillingResult>({ ...sent, error }, { status });
  try {
    const api = createApiClient(context, request, { timeoutMs: BILLING_TIMEOUT_MS });
    const outcome = await carryOutBilling(api, accountId, form);
    if ('error' in outcome) return refuse(outcome);
    if ('go' in outcome) return data<BillingResult>({ ...sent, go: outcome.go });
    return redirect(`/accounts/${encodeURIComponent(accountId)}/billing?done=${outcome.done}`);
  } catch (thrown) {
    return refuse(refusalOf(thrown, request));
  }
}

function isRefused(result: BillingResult | undefined): result is BillingResult & { error: string } {
  return result?.error !== undefined;
}

export default function Billing() {
  const { page, done, formKey, timeZone } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const navigation = useNavigation();
  const role = useAccountSummary(useParams().accountId)?.role ?? 'member';
  useTimeZone(timeZone);
  useSoonFresh(result ? null : done === null ? 'arrived' : 'done');

  const { formData } = navigation;
  const pressed = pressedOf(
    { mayManage: managesBilling(role), formKey, pending: formData !== undefined },
    formData ? { intent: String(formData.get('intent')), id: String(formData.get('id') ?? '') } : null,
    isRefused(result) ? result : null,
  );
  return (
    <>
      <PageTitle title="Billing">What you pay for, what comes next, and what you have paid.</PageTitle>
      {page.isOn ? null : (
        <Notice tone="info">Billing is off here: nothing can be bought, changed or paid. Everything else works.</Notice>
      )}
      <GoOn to={result?.go} />
      {done && !result ? (
        <Notice tone={done === 'left' ? 'info' : 'good'} role="status">
          {DONE_WORDS[done]}
        </Notice>
      ) : null}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1.3fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <PlanSummaryCard page={page} pressed={pressed} />
          <PlanChoicesCard page={page} mayManage={pressed.mayManage} />
          <AddOnsCard page={page} pressed={pressed} />
        </div>
        {page.isOn ? (
          <div className="flex min-w-0 flex-col gap-5">
            <MethodsCard page={page} pressed={pressed} />
            <InvoicesCard page={page} pressed={pressed} />
          </div>
        ) : null}
      </div>
    </>
  );
}
