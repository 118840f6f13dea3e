interface Mail {
  headers: Record<string, string>;
}

/** What a customer of a story got by mail, read from the local mail capture (maildev's REST interface). */
export class Mailbox {
  private readonly base: string;
  private readonly address: string;

  constructor(base: string, address: string) {
    this.base = base;
    this.address = address;
  }

  /** Templates of the mails received, oldest first. */
  async templates(): Promise<string[]> {
    return (await this.mails()).map(({ headers }) => headers['x-leasehold-template'] ?? 'unknown');
  }

  /** Message-IDs of the mails received, oldest first. */
  async messageIds(): Promise<string[]> {
    return (await this.mails()).map(({ headers }) => headers['message-id'] ?? '');
  }

  private async mails(): Promise<Mail[]> {
    const answer = await fetch(`${this.base}/api/email?${new URLSearchParams({ 'to.address': this.address })}`);
    return (await answer.json()) as Mail[];
  }
}
