import { Form } from '@remix-run/react';
import { useEffect, useRef } from 'react';
import { PASSWORD_HINT } from '../forms/new-person.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { type MeResult, refusedIn } from './me-result.ts';

interface PersonCardProps {
  result: MeResult | undefined;
  /** Something is under way. */
  off: boolean;
}

/** Another password. */
export function PasswordCard({ result, off }: PersonCardProps) {
  const own = result?.intent === 'change-password' ? result : undefined;
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    if (own?.done) form.current?.reset();
  }, [own]);

  return (
    <Card labelledBy="password">
      <h2 id="password" className="text-lg font-semibold tracking-tight">
        Password
      </h2>
      <Form ref={form} method="post" noValidate className="mt-4 flex flex-col gap-4">
        <FormAlert refused={refusedIn(result, 'change-password')} />
        <Field label="Present password" name="password" type="password" autoComplete="current-password" />
        <div role={own?.fault ? 'alert' : undefined}>
          <Field
            label="New password"
            name="newPassword"
            type="password"
            autoComplete="new-password"
            hint={PASSWORD_HINT}
            error={own?.fault}
          />
        </div>
        <Button look="quiet" name="intent" value="change-password" off={off}>
          Change it, and end all other sessions
        </Button>
      </Form>
    </Card>
  );
}
