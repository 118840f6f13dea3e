/** A mail as the local mail catcher has it. */
export interface CaughtMail {
  headers: Record<string, string>;
  subject: string;
  text: string;
  html: string;
}

/** What somebody got by mail, read from the local mail catcher (maildev's REST interface). */
export class Mailbox {
  private readonly base: string;
  private readonly address: string;

  constructor(base: string, address: string) {
    this.base = base;
    this.address = address;
  }

  /** The mails received, or those of a template, oldest first. The catcher looks for them: it may have thousands of others. */
  async mails(template?: string): Promise<CaughtMail[]> {
    const answer = await fetch(`${this.base}/api/email?${new URLSearchParams({ 'to.address': this.address })}`);
    const all = (await answer.json()) as CaughtMail[];
    return template === undefined ? all : all.filter((mail) => templateOf(mail) === template);
  }

  /** Templates of the mails received, oldest first. */
  async templates(): Promise<string[]> {
    return (await this.mails()).map(templateOf);
  }

  /** Message-IDs of the mails received, oldest first. */
  async messageIds(): Promise<string[]> {
    return (await this.mails()).map(({ headers }) => headers['message-id'] ?? '');
  }
}

function templateOf({ headers }: CaughtMail): string {
  return headers['x-leasehold-template'] ?? 'unknown';
}
