import { type ActionFunctionArgs, data, type LoaderFunctionArgs, type MetaFunction, redirect } from '@remix-run/node';
import { Form, useActionData, useLoaderData, useNavigation, useParams } from '@remix-run/react';
import { type ApiClient, createApiClient } from '../api/api-client.server.ts';
import { throwFailure } from '../api/failure.server.ts';
import { forgetLastAccount } from '../api/last-account.server.ts';
import type { Invitation, MeAnswer, Member, Role } from '../api/people-answers.ts';
import { refusalOf } from '../api/refusal.server.ts';
import { momentOf } from '../format/moment.ts';
import { viewerOf } from '../format/viewer.ts';
import { emailFault } from '../forms/new-person.ts';
import { textOf } from '../forms/text-of.ts';
import { MemberRow } from '../people/member-row.tsx';
import { asRole, ROLES, roleMeans, roleWord } from '../people/role-words.ts';
import { managesMembers, mayMakeInto, ownsAccount } from '../people/sections.ts';
import { useAccountSummary, useMe } from '../people/use-me.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Choice } from '../ui/choice.tsx';
import { Field } from '../ui/field.tsx';
import { Fold } from '../ui/fold.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageTitle } from '../ui/page-title.tsx';
import { SelectField } from '../ui/select-field.tsx';

export const meta: MetaFunction = () => [{ title: 'Members · Leasehold' }];

/** What is not easily undone. */
const NEEDS_TICK = ['remove', 'transfer', 'leave'];

interface MembersResult {
  intent: string;
  /** Whom it is about: a member or an invitation. */
  about?: string;
  /** What was done. */
  done?: string;
  error?: string;
  /** What is wrong with the address. */
  fault?: string;
  email?: string;
}

export async function loader({ request, context, params }: LoaderFunctionArgs) {
  const viewer = viewerOf(request.headers);
  const now = new Date().toISOString();
  const api = createApiClient(context, request);
  const path = pathOf(params.accountId);
  try {
    const [{ members }, { accounts }] = await Promise.all([
      api.get<{ members: Member[] }>(`${path}/members`),
      api.get<MeAnswer>('/api/v1/me'),
    ]);
    const role = accounts.find(({ accountId }) => accountId === params.accountId)?.role;
    const { invitations } =
      role && managesMembers(role)
        ? await api.get<{ invitations: Invitation[] }>(`${path}/invitations`)
        : { invitations: [] };
    return {
      members: members.map((member) => ({ ...member, since: momentOf(member.since, now, viewer) })),
      invitations: invitations.map((each) => ({ ...each, until: momentOf(each.expiresAt, now, viewer) })),
    };
  } catch (error) {
    return throwFailure(error, request);
  }
}

export async function action({ request, context, params }: ActionFunctionArgs) {
  const form = await request.formData();
  const intent = textOf(form, 'intent');
  const about = textOf(form, 'about');
  const email = textOf(form, 'email');
  const fault = intent === 'invite' ? emailFault(email) : undefined;
  if (fault) return data<MembersResult>({ intent, fault, email }, { status: 400 });
  if (NEEDS_TICK.includes(intent) && form.get('sure') !== 'on') {
    return data<MembersResult>({ intent, error: 'Please tick that you are sure.' }, { status: 400 });
  }
  try {
    const done = await carryOut(createApiClient(context, request), pathOf(params.accountId), intent, form);
    if (intent === 'leave') return redirect('/', { headers: { 'set-cookie': await forgetLastAccount() } });
    return data<MembersResult>({ intent, about, done });
  } catch (thrown) {
    const { error, status } = refusalOf(thrown, request);
    return data<MembersResult>({ intent, about, error, email }, { status });
  }
}

async function carryOut(api: ApiClient, path: string, intent: string, form: FormData): Promise<string> {
  const about = encodeURIComponent(textOf(form, 'about'));
  const role = textOf(form, 'role');
  switch (intent) {
    case 'invite':
      await api.post(`${path}/invitations`, { email: textOf(form, 'email'), role });
      return `An invitation is on its way to ${textOf(form, 'email')}.`;
    case 'cancel-invitation':
      await api.delete(`${path}/invitations/${about}`);
      return 'The invitation was taken back.';
    case 'change-role':
      await api.patch(`${path}/members/${about}`, { role });
      return `That person is ${asRole(role as Role)} now.`;
    case 'remove':
      await api.delete(`${path}/members/${about}`);
      return 'That person is not a member any more.';
    case 'transfer':
      await api.post(`${path}/transfer`, { userId: textOf(form, 'about') });
      return 'The organisation was handed over. You are an admin now.';
    case 'leave':
      await api.post(`${path}/leave`);
      return 'You are not a member any more.';
    default:
      throw new Response('That button is not known.', { status: 400 });
  }
}

function pathOf(accountId: string | undefined): string {
  return `/api/v1/accounts/${encodeURIComponent(accountId ?? '')}`;
}

export default function Members() {
  const { members, invitations } = useLoaderData<typeof loader>();
  const result = useActionData<typeof action>();
  const pending = useNavigation().state !== 'idle';
  const { accountId } = useParams();
  const account = useAccountSummary(accountId);
  const { user } = useMe();
  const role = account?.role ?? 'member';
  const mayManage = managesMembers(role);
  const others = members.filter(({ userId }) => userId !== user?.id);
  const own = (intents: string[]) => (result && intents.includes(result.intent) ? result : undefined);
  const refusedHere = own(['change-role', 'remove', 'cancel-invitation']);

  return (
    <>
      <PageTitle title="Members">Who belongs to {account?.name ?? 'the organisation'}, and what they may do.</PageTitle>
      {result?.done ? (
        <Notice tone="good" role="status">
          {result.done}
        </Notice>
      ) : null}
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1.55fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          <Card labelledBy="members">
            <h2 id="members" className="text-lg font-semibold tracking-tight">
              {members.length} {members.length === 1 ? 'member' : 'members'}
            </h2>
            <FormAlert refused={refusedHere?.error ? { error: refusedHere.error } : null} />
            <ul className="mt-2 divide-y divide-line">
              {members.map((member) => (
                <MemberRow
                  key={`${member.userId}/${member.role}`}
                  member={member}
                  isSelf={member.userId === user?.id}
                  viewerRole={role}
                  off={pending}
                />
              ))}
            </ul>
          </Card>
          {mayManage && invitations.length > 0 ? (
            <Card labelledBy="invitations">
              <h2 id="invitations" className="text-lg font-semibold tracking-tight">
                Invited
              </h2>
              <ul className="mt-2 divide-y divide-line">
                {invitations.map(({ id, email, role: invitedAs, invitedBy, until, expired }) => (
                  <li key={id} className="flex flex-wrap items-center justify-between gap-3 py-4">
                    <div className="min-w-0">
                      <p className="font-medium break-all">{email}</p>
                      <p className="mt-0.5 text-sm text-muted">
                        {roleWord(invitedAs)}, invited by {invitedBy}.{' '}
                        {expired ? 'Its time is over.' : `Open until ${until.absolute}.`}
                      </p>
                    </div>
                    <Form method="post">
                      <input type="hidden" name="about" value={id} />
                      <Button
                        look="quiet"
                        name="intent"
                        value="cancel-invitation"
                        off={pending}
                        aria-label={`Take the invitation of ${email} back`}
                      >
                        Take back
                      </Button>
                    </Form>
                  </li>
                ))}
              </ul>
            </Card>
          ) : null}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          {mayManage ? (
            <Card labelledBy="invite">
              <h2 id="invite" className="text-lg font-semibold tracking-tight">
                Invite somebody
              </h2>
              <Form key={invitations.length} method="post" noValidate className="mt-4 flex flex-col gap-4">
                <FormAlert refused={own(['invite'])?.error ? { error: own(['invite'])?.error ?? '' } : null} />
                <div role={own(['invite'])?.fault ? 'alert' : undefined}>
                  <Field
                    label="E-mail"
                    name="email"
                    type="email"
                    autoComplete="off"
                    defaultValue={own(['invite'])?.email}
                    error={own(['invite'])?.fault}
                  />
                </div>
                <SelectField
                  label="Role"
                  name="role"
                  defaultValue="member"
                  options={ROLES.filter(({ value }) => mayMakeInto(role, null, value)).map(
                    ({ value, text, means }) => ({
                      value,
                      text: `${text}: ${means}`,
                    }),
                  )}
                />
                <Button look="primary" name="intent" value="invite" off={pending}>
                  Send the invitation
                </Button>
              </Form>
            </Card>
          ) : null}
          <Card labelledBy="leave">
            <h2 id="leave" className="text-lg font-semibold tracking-tight">
              Your place here
            </h2>
            <p className="mt-2 text-sm leading-relaxed text-muted">
              You are {asRole(role)}: somebody who {roleMeans(role)}.
            </p>
            <div className="mt-3">
              {ownsAccount(role) && others.length > 0 ? (
                <Fold summary="Hand the organisation over…" open={Boolean(own(['transfer'])?.error)}>
                  <Form method="post" className="flex flex-col gap-4 pb-4">
                    <FormAlert refused={own(['transfer'])?.error ? { error: own(['transfer'])?.error ?? '' } : null} />
                    <SelectField
                      label="To"
                      name="about"
                      options={others.map(({ userId, name, email }) => ({ value: userId, text: `${name} (${email})` }))}
                    />
                    <Choice
                      name="sure"
                      required
                      label="They become owner, I become admin"
                      hint="Only an owner can change that back."
                    />
                    <Button look="grave" name="intent" value="transfer" off={pending}>
                      Hand it over
                    </Button>
                  </Form>
                </Fold>
              ) : null}
              <Fold summary="Leave…" open={Boolean(own(['leave'])?.error)}>
                <Form method="post" className="flex flex-col gap-4">
                  <FormAlert refused={own(['leave'])?.error ? { error: own(['leave'])?.error ?? '' } : null} />
                  <Choice
                    name="sure"
                    required
                    label={`Leave ${account?.name ?? 'the organisation'}`}
                    hint="To come back, somebody has to invite you. The last owner can’t leave."
                  />
                  <Button look="grave" name="intent" value="leave" off={pending}>
                    Leave
                  </Button>
                </Form>
              </Fold>
            </div>
          </Card>
        </div>
      </div>
    </>
  );
}
