import { index, type RouteConfig, route } from '@remix-run/route-config';

export default [
  index('routes/home.ts'),
  route('sign-in', 'routes/sign-in.tsx'),
  route('sign-out', 'routes/sign-out.ts'),
  route('account', 'routes/account.tsx'),
  route('account/live', 'routes/account-live.ts'),
  route('*', 'routes/not-found.tsx'),
] satisfies RouteConfig;
