import { redirect } from '@remix-run/node';

/** The account is the home of whoever has one. */
export function loader() {
  return redirect('/account');
}
