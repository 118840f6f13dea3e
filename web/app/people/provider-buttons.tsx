import { Form } from '@remix-run/react';
import { Button } from '../ui/button.tsx';

interface ProviderButtonsProps {
  providers: readonly { id: string; name: string }[];
  /** Where to go afterwards; `null`: home. */
  next: string | null;
}

/** Signing in at another service, where that is set up. */
export function ProviderButtons({ providers, next }: ProviderButtonsProps) {
  if (providers.length === 0) return null;
  return (
    <Form method="post" action="/sign-in" className="mt-5 flex flex-col gap-3 border-t border-line pt-5">
      {next ? <input type="hidden" name="next" value={next} /> : null}
      {providers.map(({ id, name }) => (
        <Button key={id} look="quiet" name="provider" value={id} className="w-full">
          Continue with {name}
        </Button>
      ))}
    </Form>
  );
}
