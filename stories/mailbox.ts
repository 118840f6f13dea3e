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
    const answer = await fetch(`${this.base}/api/email`);
    const mails = (await answer.json()) as {
      headers: Record<string, string>;
      to: { address: string }[];
    }[];
    return mails
      .filter((mail) => mail.to.some((to) => to.address === this.address))
      .map((mail) => mail.headers['x-leasehold-template'] ?? 'unknown');
  }
}
