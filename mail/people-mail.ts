import type { MailText } from './mail-text.ts';

/** Asks a new person to show that the address is theirs. */
export function verificationMail(url: string): MailText {
  return {
    subject: 'Confirm your e-mail address',
    body: [
      'Someone, most likely you, signed up at Leasehold with this address.',
      'Confirm it within an hour and your workspace starts. If it was not you, there is nothing to do: without this step nobody can sign in.',
    ],
    action: { label: 'Confirm the address', url },
  };
}

/** To a person who signed up a second time. The page says the same to everybody; only the mailbox learns that there is an account. */
export function signedUpAlreadyMail(signInUrl: string): MailText {
  return {
    subject: 'You have an account already',
    body: [
      'Someone, most likely you, signed up at Leasehold with this address, which has an account.',
      'Sign in with your password, or set a new one from the sign-in page. Nothing was changed.',
    ],
    action: { label: 'Sign in', url: signInUrl },
  };
}

/** Lets a person choose a new password. */
export function passwordResetMail(url: string): MailText {
  return {
    subject: 'Set a new password',
    body: [
      'Someone, most likely you, asked for a new password. The link works once, within an hour.',
      'A new password ends all sessions. If it was not you, there is nothing to do: the old password stays.',
    ],
    action: { label: 'Set a new password', url },
  };
}

export interface InvitationFacts {
  organisationName: string;
  inviterName: string;
  /** As people call it: “an admin”. */
  roleName: string;
  expiresAt: Date;
  url: string;
}

/** Invites a person to an organisation. */
export function invitationMail({ organisationName, inviterName, roleName, expiresAt, url }: InvitationFacts): MailText {
  const day = new Intl.DateTimeFormat('en', { dateStyle: 'full', timeZone: 'UTC' }).format(expiresAt);
  return {
    subject: `${inviterName} invites you to ${organisationName}`,
    body: [
      `${inviterName} invites you to join ${organisationName} at Leasehold as ${roleName}.`,
      `The invitation is open until ${day}. Sign in, or sign up, with this address to answer it.`,
    ],
    action: { label: 'See the invitation', url },
  };
}
