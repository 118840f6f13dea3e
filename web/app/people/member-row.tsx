import { Form } from '@remix-run/react';
import type { Role } from '../api/people-answers.ts';
import type { Moment } from '../format/moment.ts';
import { Button } from '../ui/button.tsx';
import { Choice } from '../ui/choice.tsx';
import { Fold } from '../ui/fold.tsx';
import { SelectField } from '../ui/select-field.tsx';
import { ROLES, roleWord } from './role-words.ts';
import { mayMakeInto } from './sections.ts';

interface MemberRowProps {
  member: { userId: string; name: string; email: string; role: Role; since: Moment };
  isSelf: boolean;
  /** What the reader is. */
  viewerRole: Role;
  /** Something is under way. */
  off: boolean;
}

/** A member, with what the reader may change of them. */
export function MemberRow({ member, isSelf, viewerRole, off }: MemberRowProps) {
  const { userId, name, email, role, since } = member;
  const roles = ROLES.filter(({ value }) => mayMakeInto(viewerRole, role, value));
  return (
    <li className="py-4">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 grow basis-48">
          <p className="font-medium break-words">
            {name} {isSelf ? <span className="font-normal text-muted">(you)</span> : null}
          </p>
          <p className="mt-0.5 text-sm break-all text-muted">{email}</p>
          <p className="mt-0.5 text-sm text-muted">
            since <time dateTime={since.iso}>{since.day}</time>
          </p>
        </div>
        {roles.length > 0 ? (
          <Form method="post" className="flex items-center gap-2">
            <input type="hidden" name="about" value={userId} />
            <SelectField
              label={`Role of ${name}`}
              labelHidden
              name="role"
              defaultValue={role}
              options={roles}
              className="w-32"
            />
            <Button look="quiet" name="intent" value="change-role" off={off} aria-label={`Change the role of ${name}`}>
              Change
            </Button>
          </Form>
        ) : (
          <span className="rounded-full bg-neutral-soft px-3 py-1 text-sm font-semibold text-neutral">
            {roleWord(role)}
          </span>
        )}
      </div>
      {!isSelf && mayMakeInto(viewerRole, role, null) ? (
        <Fold summary="Remove…" about={name}>
          <Form method="post" className="flex flex-col items-start gap-4">
            <input type="hidden" name="about" value={userId} />
            <Choice
              name="sure"
              required
              label={`Remove ${name}`}
              hint="They see nothing of the organisation any more. Its API keys stay."
            />
            <Button look="grave" name="intent" value="remove" off={off} aria-label={`Remove ${name}`}>
              Remove
            </Button>
          </Form>
        </Fold>
      ) : null}
    </li>
  );
}
