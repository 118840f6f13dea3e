import { Form, useNavigation } from '@remix-run/react';
import { Plus } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { Notice } from '../ui/notice.tsx';
import type { Refused } from './workspace-refused.ts';

interface NewWorkspaceCardProps {
  /** What the last form of the page came to. */
  refused: Refused | undefined;
  /** One for each time that the form is shown: sent twice, it makes one workspace. */
  formKey: string;
  accountId: string;
}

/** A further workspace, or what has to change before there can be one. */
export function NewWorkspaceCard({ refused, formKey, accountId }: NewWorkspaceCardProps) {
  const navigation = useNavigation();
  const pending = navigation.formData?.get('intent') === 'create';
  const own = refused?.intent === 'create' ? refused : undefined;
  const form = useRef<HTMLFormElement>(null);
  const wasPending = useRef(false);

  // Empty again once a workspace was made, and never while somebody fills it in.
  useEffect(() => {
    if (wasPending.current && !pending && !own) form.current?.reset();
    wasPending.current = pending;
  }, [pending, own]);

  return (
    <Card labelledBy="new-workspace">
      <h2 id="new-workspace" className="text-lg font-semibold tracking-tight">
        New workspace
      </h2>
      <Form ref={form} method="post" preventScrollReset className="mt-4 flex flex-col gap-4">
        {own?.limit ? (
          <Notice tone="info" role="alert">
            <strong className="block font-semibold">{own.limit.text}</strong>
            {own.limit.used}
          </Notice>
        ) : (
          <FormAlert refused={own} />
        )}
        <input type="hidden" name="formKey" value={formKey} />
        <Field
          key={accountId}
          label="Name"
          name="name"
          maxLength={64}
          autoComplete="off"
          defaultValue={own?.name}
          invalid={Boolean(own && !own.limit)}
        />
        <Button look="quiet" name="intent" value="create" off={pending}>
          <Plus aria-hidden="true" className="size-4" />
          {pending ? 'Creating…' : 'Create it'}
        </Button>
      </Form>
    </Card>
  );
}
