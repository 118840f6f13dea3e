import { Form } from '@remix-run/react';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { type MeResult, refusedIn } from './me-result.ts';

interface NameCardProps {
  name: string;
  email: string;
  result: MeResult | undefined;
  /** Something is under way. */
  off: boolean;
}

/** Who a person is. The address is what they sign in with and does not change. */
export function NameCard({ name, email, result, off }: NameCardProps) {
  const own = result?.intent === 'change-name' ? result : undefined;

  return (
    <Card labelledBy="who">
      <h2 id="who" className="text-lg font-semibold tracking-tight">
        Who you are
      </h2>
      <dl className="mt-4 text-sm">
        <dt className="text-muted">E-mail</dt>
        <dd className="mt-0.5 font-medium break-all">{email}</dd>
      </dl>
      <Form method="post" noValidate className="mt-4 flex flex-col gap-4">
        <FormAlert refused={refusedIn(result, 'change-name')} />
        <div role={own?.fault ? 'alert' : undefined}>
          <Field label="Name" name="name" autoComplete="name" defaultValue={name} maxLength={100} error={own?.fault} />
        </div>
        <Button look="quiet" name="intent" value="change-name" off={off}>
          Change the name
        </Button>
      </Form>
    </Card>
  );
}
