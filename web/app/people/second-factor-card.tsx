import { Form } from '@remix-run/react';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { Fold } from '../ui/fold.tsx';
import { FormAlert } from '../ui/form-alert.tsx';
import { SecretText } from '../ui/secret-text.tsx';
import { type MeResult, refusedIn } from './me-result.ts';
import { QrCode } from './qr-code.tsx';
import { totpSecretOf } from './totp-secret.ts';

interface SecondFactorCardProps {
  isOn: boolean;
  result: MeResult | undefined;
  /** Something is under way. */
  off: boolean;
}

/** A second step of signing in: set up, backup codes, and off again. */
export function SecondFactorCard({ isOn, result, off }: SecondFactorCardProps) {
  const codes = result?.backupCodes ?? [];
  return (
    <Card labelledBy="second-factor">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h2 id="second-factor" className="text-lg font-semibold tracking-tight">
          Second step
        </h2>
        <Badge tone={isOn ? 'good' : 'neutral'}>{isOn ? 'On' : 'Off'}</Badge>
      </div>
      <p className="mt-2 text-sm leading-relaxed text-muted">
        With it, signing in also needs a code from an authenticator on your phone. A password that leaks is then not
        enough.
      </p>
      {!isOn && result?.totpUri ? (
        <SetUp totpUri={result.totpUri} codes={codes} result={result} off={off} />
      ) : isOn ? (
        <WhenOn codes={codes} result={result} off={off} />
      ) : (
        <div className="mt-4">
          <PasswordForm intent="set-up-second-factor" look="quiet" result={result} off={off}>
            Set it up
          </PasswordForm>
        </div>
      )}
    </Card>
  );
}

interface SetUpProps {
  totpUri: string;
  codes: string[];
  result: MeResult;
  off: boolean;
}

function SetUp({ totpUri, codes, result, off }: SetUpProps) {
  return (
    <Form method="post" className="mt-5 flex flex-col gap-5">
      <ol className="flex list-decimal flex-col gap-5 pl-5 leading-relaxed">
        <li>
          <p className="mb-3">Scan this with your authenticator.</p>
          <QrCode text={totpUri} label="QR code for your authenticator; the key below is the same" />
          <div className="mt-4">
            <SecretText label="Or type this key into it" text={totpSecretOf(totpUri)} />
          </div>
        </li>
        <li>
          <p className="mb-3">Keep these backup codes where you find them without your phone. Each works once.</p>
          <BackupCodes codes={codes} />
        </li>
        <li>
          <p className="mb-3">Enter the code that the authenticator shows now.</p>
          <div className="flex flex-col gap-4">
            <FormAlert refused={refusedIn(result, 'confirm-second-factor')} />
            <input type="hidden" name="totpUri" value={totpUri} />
            {codes.map((code) => (
              <input key={code} type="hidden" name="backupCode" value={code} />
            ))}
            <Field
              label="Code"
              name="code"
              inputMode="numeric"
              autoComplete="one-time-code"
              invalid={refusedIn(result, 'confirm-second-factor') !== null}
            />
          </div>
        </li>
      </ol>
      <Button look="primary" name="intent" value="confirm-second-factor" off={off}>
        Switch it on
      </Button>
    </Form>
  );
}

function WhenOn({ codes, result, off }: { codes: string[]; result: MeResult | undefined; off: boolean }) {
  return (
    <div className="mt-4">
      {codes.length > 0 ? (
        <div className="mb-4">
          <p className="mb-3 leading-relaxed">
            Your new backup codes, shown this once. Each works once; the former ones don’t any more.
          </p>
          <BackupCodes codes={codes} />
        </div>
      ) : null}
      <Fold summary="New backup codes…" open={refusedIn(result, 'new-backup-codes') !== null}>
        <div className="pb-4">
          <PasswordForm intent="new-backup-codes" look="quiet" result={result} off={off}>
            Make new ones
          </PasswordForm>
        </div>
      </Fold>
      <Fold summary="Switch it off…" open={refusedIn(result, 'disable-second-factor') !== null}>
        <PasswordForm intent="disable-second-factor" look="grave" result={result} off={off}>
          Switch it off
        </PasswordForm>
      </Fold>
    </div>
  );
}

interface PasswordFormProps {
  intent: 'set-up-second-factor' | 'new-backup-codes' | 'disable-second-factor';
  look: 'quiet' | 'grave';
  result: MeResult | undefined;
  off: boolean;
  /** What the button says. */
  children: string;
}

/** Each change of the second step asks for the password once more. */
function PasswordForm({ intent, look, result, off, children }: PasswordFormProps) {
  return (
    <Form method="post" className="flex flex-col gap-4">
      <FormAlert refused={refusedIn(result, intent)} />
      <Field label="Your password" name="password" type="password" autoComplete="current-password" />
      <Button look={look} name="intent" value={intent} off={off}>
        {children}
      </Button>
    </Form>
  );
}

function BackupCodes({ codes }: { codes: string[] }) {
  return (
    <ul
      aria-label="Backup codes"
      className="grid grid-cols-2 gap-x-4 gap-y-1.5 rounded-xl bg-neutral-soft p-4 font-mono text-sm"
    >
      {codes.map((code) => (
        <li key={code} className="break-all">
          {code}
        </li>
      ))}
    </ul>
  );
}
