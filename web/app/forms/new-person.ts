/** What is wrong with each field, in words; nothing when all is well. */
export type FieldErrors<Name extends string> = Partial<Record<Name, string>>;

export const PASSWORD_HINT = 'At least 10 characters. A few words in a row are easy to keep.';
const PASSWORD_MIN = 10;
const PASSWORD_MAX = 128;

/** @returns what is wrong with a new password, or `undefined` */
export function passwordFault(password: string): string | undefined {
  if (password.length < PASSWORD_MIN) return `Please choose a password of at least ${PASSWORD_MIN} characters.`;
  if (password.length > PASSWORD_MAX) return `Please choose a password of at most ${PASSWORD_MAX} characters.`;
  return undefined;
}

/** @returns what is wrong with an address, or `undefined`; whether it exists is found out by a mail */
export function emailFault(email: string): string | undefined {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)
    ? undefined
    : 'Please enter an e-mail address, such as ada@example.com.';
}

/** Checks what somebody filled in who signs up. */
export function newPersonFaults(given: {
  name: string;
  email: string;
  password: string;
}): FieldErrors<'name' | 'email' | 'password'> {
  const faults = {
    name: given.name ? undefined : 'Please tell us how to call you.',
    email: emailFault(given.email),
    password: passwordFault(given.password),
  };
  return Object.fromEntries(Object.entries(faults).filter(([, fault]) => fault !== undefined));
}
