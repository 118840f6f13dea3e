import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation, useParams } from '@remix-run/react';
import { createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import type { MeAnswer } from '../api/people-answers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { momentOf } from '../format/moment.ts';
import { viewerOf } from '../format/viewer.ts';
import { textOf } from '../forms/text-of.ts';
import { asRole, roleMeans } from '../people/role-words.ts';
import { useMe } from '../people/use-me.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { FormAlert } from '../ui/form-alert.tsx';

export const meta: MetaFunction = () => [{ title: 'Invitation · Leasehold' }];

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  try {
    const { invitations } = await createApiClient(context, request).get<MeAnswer>('/api/v1/me');
    const invitation = invitations.find(({ id }) => id === params.invitationId);
    if (!invitation) return null;
    const until = momentOf(invitation.expiresAt, new Date().toISOString(), viewerOf(request.headers));
    return { ...invitation, until };
  } catch (error) {
    return throwFailure(error, request);
  }
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const intent = textOf(await request.formData(), 'intent');
  try {
    if (intent !== 'accept' && intent !== 'decline')
      return data({ error: 'That button is not known.' }, { status: 400 });
    const path = `/api/v1/invitations/${encodeURIComponent(params.invitationId ?? '')}/${intent}`;
    const { answer } = await createApiClient(context, request).post<{ accountId: string | null } | null>(path);
    return redirect(answer?.accountId ? `/accounts/${encodeURIComponent(answer.accountId)}` : '/');
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data({ error }, { status });
  }
}

export default function Invitation() {
  const invitation = useLoaderData<typeof loader>();
  const refused = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const { user } = useMe();
  const { invitationId } = useParams();

  return (
    <main id="main" tabIndex={-1} className="mx-auto max-w-xl outline-none">
      <Card labelledBy="title">
        {invitation ? (
          <>
            <h1 id="title" className="text-2xl font-semibold tracking-tight text-balance break-words">
              Join {invitation.organisationName}?
            </h1>
            <p className="mt-3 leading-relaxed">
              {invitation.inviterName} invites you as{' '}
              <strong className="font-semibold">{asRole(invitation.role)}</strong>: somebody who{' '}
              {roleMeans(invitation.role)}.
            </p>
            <p className="mt-2 text-sm text-muted">
              Open until <time dateTime={invitation.until.iso}>{invitation.until.absolute}</time>.
            </p>
            <Form method="post" className="mt-6 flex flex-col gap-3">
              <FormAlert refused={refused} />
              <Button look="primary" name="intent" value="accept" off={pending}>
                Accept
              </Button>
              <Button look="quiet" name="intent" value="decline" off={pending}>
                Decline
              </Button>
            </Form>
          </>
        ) : (
          <>
            <h1 id="title" className="text-2xl font-semibold tracking-tight text-balance">
              This invitation is not open to you
            </h1>
            <div className="mt-3">
              <FormAlert refused={refused} />
            </div>
            <p className="mt-3 leading-relaxed text-muted">
              It was answered, taken back, its time is over, or it was sent to another address than{' '}
              <span className="break-all">{user?.email ?? 'yours'}</span>. Ask for a new one, or sign in with the
              address that it was sent to.
            </p>
            <Form method="post" action="/sign-out" className="mt-6">
              <input type="hidden" name="next" value={`/invitations/${invitationId}`} />
              <Button look="quiet" className="w-full">
                Sign in as somebody else
              </Button>
            </Form>
          </>
        )}
      </Card>
    </main>
  );
}
