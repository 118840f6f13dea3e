import { randomUUID } from 'node:crypto';
import { type CaughtMail, Mailbox } from '#stories/mailbox.ts';
import { platformEnv } from '#test/lane.ts';
import { CLIENT_ADDRESS_HEADER, signClientAddress } from './client-address.ts';
import type { Api } from './create-api.ts';
import { eventually, TEST_INTERNAL_TOKEN, WEB_ORIGIN } from './integration.fixture.ts';

export const PASSWORD = 'a good long password';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

/** A browser of its own: it keeps cookies and has an address that no other test counts against. */
export class Browser {
  readonly address: string;
  readonly cookies = new Map<string, string>();
  private readonly api: Pick<Api, 'app'>;

  constructor(api: Pick<Api, 'app'>, address = someAddress()) {
    this.api = api;
    this.address = address;
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  async post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await this.api.app.request(path, {
      method,
      headers: {
        origin: WEB_ORIGIN,
        [CLIENT_ADDRESS_HEADER]: signClientAddress(this.address, TEST_INTERNAL_TOKEN),
        ...(this.cookies.size > 0 ? { cookie: this.cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = set.split(';')[0]?.split(/=(.*)/s) ?? [];
      if (value === '' || /max-age=0/i.test(set)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? {} : JSON.parse(text), headers: answer.headers };
  }
}

export function someAddress(): string {
  const part = () => Math.floor(Math.random() * 254) + 1;
  return `10.${part()}.${part()}.${part()}`;
}

export interface Person {
  email: string;
  userId: string;
  /** Signed in. */
  browser: Browser;
}

/** Signs a new person up, opens the link of the mail, and has them signed in. */
export async function newPerson(api: Pick<Api, 'app'>, name = 'Ada'): Promise<Person> {
  const email = `${name.toLowerCase()}-${randomUUID().slice(0, 8)}@leasehold.test`;
  const browser = new Browser(api);
  const signedUp = await browser.post('/api/auth/sign-up/email', { name, email, password: PASSWORD });
  if (signedUp.status !== 200) throw new Error(`Sign-up: ${signedUp.status} ${JSON.stringify(signedUp.body)}`);
  const token = tokenIn(await mailTo(email, 'verify-email'));
  const verified = await browser.post('/api/auth/verify-email', { token, password: PASSWORD });
  if (verified.status !== 200) throw new Error(`Verification: ${verified.status} ${JSON.stringify(verified.body)}`);
  const session = await browser.get('/api/auth/get-session');
  return { email, userId: (session.body.user as { id: string }).id, browser };
}

/** The newest mail of a kind to an address; waits for it. */
export async function mailTo(address: string, template: string): Promise<CaughtMail> {
  return eventually(async () => {
    const mail = (await mailsTo(address, template)).at(-1);
    if (!mail) throw new Error(`No ${template} mail to ${address}.`);
    return mail;
  });
}

/** All mails of a kind to an address by now, oldest first. */
export function mailsTo(address: string, template: string): Promise<CaughtMail[]> {
  return new Mailbox(platformEnv().LEASEHOLD_MAIL_URL ?? '', address).mails(template);
}

/** All mails to an address by now, oldest first. */
export function mailsOf(address: string): Promise<CaughtMail[]> {
  return new Mailbox(platformEnv().LEASEHOLD_MAIL_URL ?? '', address).mails();
}

/** The token in a mail's link. */
export function tokenIn({ text }: CaughtMail): string {
  const token = /[?&]token=([^\s&]+)/.exec(text)?.[1];
  if (!token) throw new Error('The mail has no link with a token.');
  return token;
}
