import { randomUUID } from 'node:crypto';
import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, Link, useActionData, useLoaderData, useNavigation } from '@remix-run/react';
import type { AccountAnswer, OffersAnswer, Preview } from '#api/answers.ts';
import { ApiProblem, BILLING_TIMEOUT_MS, createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { loadsAfterRefusal } from '../billing/after-refusal.ts';
import { carryOutBilling } from '../billing/billing-action.server.ts';
import { GoOn } from '../billing/go-on.tsx';
import { presentPlanPreview } from '../billing/plan-preview.ts';
import { accountPath, accountTime } from '../billing/read-billing.server.ts';
import { plainText } from '../format/sentence.ts';
import { useTimeZone } from '../format/use-time-zone.ts';
import { viewerOf } from '../format/viewer.ts';
import { Button, buttonClasses } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-title.tsx';
import { Prose } from '../ui/prose.tsx';

export const meta: MetaFunction = () => [{ title: 'Change the plan · Leasehold' }];
export const shouldRevalidate = loadsAfterRefusal;

interface PlanResult {
  error?: string;
  go?: string;
}

/** What a plan would come to; where it can't be taken, why. */
export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const path = accountPath(params.accountId ?? '');
  const viewer = viewerOf(request.headers);
  const { searchParams } = new URL(request.url);
  const planId = searchParams.get('planId') ?? '';
  const interval = searchParams.get('interval') === 'year' ? 'year' : 'month';
  const api = createApiClient(context, request, { timeoutMs: BILLING_TIMEOUT_MS });
  try {
    const [account, offers] = await Promise.all([
      api.get<AccountAnswer>(path),
      api.get<OffersAnswer>(`${path}/offers`),
    ]);
    const planName = offers.plans.find(({ id }) => id === planId)?.name ?? planId;
    const addOn = (id: string) => offers.addOns.find((each) => each.id === id)?.name ?? id;
    const shown = { planId, interval, planName, formKey: randomUUID() };
    const timeZone = viewer.timeZoneKnown ? viewer.timeZone : null;
    try {
      const preview = await api.get<Preview>(`${path}/billing/preview?${new URLSearchParams({ planId, interval })}`);
      const presented = presentPlanPreview(preview, { plan: planName, addOn }, accountTime(account), viewer);
      return { ...shown, timeZone, preview: presented, refused: null };
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status === 401) throw error;
      return { ...shown, timeZone, preview: null, refused: refusalOf(error, request).error };
    }
  } catch (error) {
    return throwFailure(error, request);
  }
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const accountId = params.accountId ?? '';
  try {
    const api = createApiClient(context, request, { timeoutMs: BILLING_TIMEOUT_MS });
    const outcome = await carryOutBilling(api, accountId, await request.formData());
    if ('error' in outcome) return data<PlanResult>({ error: outcome.error }, { status: outcome.status });
    if ('go' in outcome) return data<PlanResult>({ go: outcome.go });
    return redirect(`/accounts/${encodeURIComponent(accountId)}/billing?done=${outcome.done}`);
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<PlanResult>({ error }, { status });
  }
}

export default function BillingPlan() {
  const { planId, interval, planName, formKey, timeZone, preview, refused } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().formData !== undefined;
  useTimeZone(timeZone);

  return (
    <>
      <PageTitle title={`Change to ${planName}`}>Nothing happens before you confirm it.</PageTitle>
      <GoOn to={result?.go} />
      {refused ? (
        <Notice tone="warn" role="status">
          {refused}
        </Notice>
      ) : null}
      {preview ? (
        <Card labelledBy="preview" className="max-w-3xl">
          <h2 id="preview" className="text-lg font-semibold tracking-tight">
            What it comes to
          </h2>
          <div className="mt-3 flex flex-col gap-2 leading-relaxed">
            {preview.says.map((each) => (
              <p key={plainText(each)}>
                <Prose parts={each} />
              </p>
            ))}
          </div>
          {preview.lines.length > 0 ? (
            <dl className="mt-5 divide-y divide-line border-y border-line text-sm">
              {preview.lines.map(({ text, amount }) => (
                <div key={text} className="flex justify-between gap-4 py-2.5">
                  <dt className="min-w-0 text-muted">{text}</dt>
                  <dd className="font-medium tabular-nums">{amount}</dd>
                </div>
              ))}
              {preview.dueNow ? (
                <div className="flex justify-between gap-4 py-2.5 text-base font-semibold">
                  <dt>To pay now</dt>
                  <dd className="tabular-nums">{preview.dueNow}</dd>
                </div>
              ) : null}
            </dl>
          ) : null}
          {preview.warnings.length > 0 ? (
            <div className="mt-5">
              <Notice tone="warn">
                <p className="font-semibold">What would not fit:</p>
                <ul className="mt-1 flex list-disc flex-col gap-1 pl-5">
                  {preview.warnings.map((each) => (
                    <li key={each}>{each}</li>
                  ))}
                </ul>
              </Notice>
            </div>
          ) : null}
          <Form method="post" className="mt-6 flex flex-col gap-4">
            <FormAlert refused={result?.error ? { error: result.error } : null} />
            <input type="hidden" name="formKey" value={formKey} />
            <input type="hidden" name="planId" value={planId} />
            <input type="hidden" name="interval" value={interval} />
            <div className="flex flex-wrap gap-3">
              <Button look="primary" name="intent" value={preview.when === 'new' ? 'buy-plan' : 'change'} off={pending}>
                {pending ? 'One moment…' : confirmText(preview.when, planName, preview.dueNow)}
              </Button>
              <Link to="../billing" relative="path" className={buttonClasses('quiet')}>
                Back
              </Link>
            </div>
          </Form>
        </Card>
      ) : (
        <Link to="../billing" relative="path" className={`self-start ${buttonClasses('quiet')}`}>
          Back
        </Link>
      )}
    </>
  );
}

function confirmText(when: Preview['when'], planName: string, dueNow: string | null): string {
  if (when === 'new') return 'Go on to Stripe';
  if (when === 'period-end') return `Change to ${planName} then`;
  return dueNow ? `Pay ${dueNow} and change` : `Change to ${planName}`;
}
