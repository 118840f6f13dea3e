import { index, layout, type RouteConfig, route } from '@remix-run/route-config';

export default [
  index('routes/home.ts'),
  // Links in mails and bookmarks from before there were several accounts.
  route('account', 'routes/home.ts', { id: 'account-of-before' }),
  route('sign-up', 'routes/sign-up.tsx'),
  route('verify-email', 'routes/verify-email.tsx'),
  route('sign-in', 'routes/sign-in.tsx'),
  route('sign-in/second-factor', 'routes/second-factor.tsx'),
  route('sign-out', 'routes/sign-out.ts'),
  route('forgot-password', 'routes/forgot-password.tsx'),
  route('reset-password', 'routes/reset-password.tsx'),
  route('api/auth/callback/:provider', 'routes/provider-callback.ts'),
  route('accounts/:accountId/live', 'routes/account-live.ts'),
  route('accounts/:accountId/workspaces/:workspaceId/live', 'routes/workspace-live.ts'),
  route('accounts/:accountId/workspaces/:workspaceId/log', 'routes/workspace-log.ts'),
  route('accounts/:accountId/export', 'routes/account-export.ts'),
  layout('routes/signed-in.tsx', [
    route('accounts/:accountId', 'routes/account-frame.tsx', [
      index('routes/account.tsx'),
      route('billing', 'routes/billing.tsx'),
      route('billing/plan', 'routes/billing-plan.tsx'),
      route('workspaces/:workspaceId/activity', 'routes/workspace-activity.tsx'),
      route('members', 'routes/members.tsx'),
      route('keys', 'routes/keys.tsx'),
      route('audit', 'routes/audit.tsx'),
      route('settings', 'routes/account-settings.tsx'),
    ]),
    route('organisations/new', 'routes/new-organisation.tsx'),
    route('invitations/:invitationId', 'routes/invitation.tsx'),
    route('me', 'routes/me.tsx'),
  ]),
  route('*', 'routes/not-found.tsx'),
] satisfies RouteConfig;
