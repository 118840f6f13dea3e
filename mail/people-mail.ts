import { type TextKind, textFault } from '#domain/text-rules.ts';
import type { MailText } from './mail-text.ts';

/** Asks a new person to show that the address is theirs. */
export function verificationMail(url: string): MailText {
  return {
    subject: 'Confirm your e-mail address',
    body: [
      'Someone, most likely you, signed up at Leasehold with this address.',
      'If it was you: open the link within an hour and enter the password that you chose. Then your workspace starts.',
      'If it was not you, there is nothing to do: nobody gets in without this link. To use the address yourself, sign up with it and choose a password of your own.',
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
export function invitationMail({ roleName, expiresAt, url, ...names }: InvitationFacts): MailText {
  const inviterName = fitName('personName', names.inviterName, 'A member');
  const organisationName = fitName('organisationName', names.organisationName, 'an organisation');
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

/** A stranger's name, unless it was stored before there were rules for names and breaks them: with a link, or without end. */
function fitName(kind: TextKind, name: string, otherwise: string): string {
  return textFault(kind, name) === null ? name : otherwise;
}
