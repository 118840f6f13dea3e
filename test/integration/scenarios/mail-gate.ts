import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** "Try again later." RFC 5321, 4.2.3 */
const REFUSAL = '451 4.3.2 No mail is taken now\r\n';

/** Stands before a mail server and passes everything on, but for mails to those whom nobody may write to now. */
export class MailGate {
  /** For `SMTP_URL`. */
  readonly url: string;
  private readonly server: Server;
  private readonly refused = new Set<string>();
  private readonly unanswered = new Set<string>();
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server, upstream: URL) {
    this.server = server;
    this.url = `smtp://${HOST}:${(server.address() as AddressInfo).port}`;
    server.on('connection', (client) => this.pass(client, upstream));
  }

  /** @param smtpUrl of the mail server */
  static async open(smtpUrl: string): Promise<MailGate> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => server.listen(0, HOST, resolve).once('error', reject));
    return new MailGate(server, new URL(smtpUrl));
  }

  refuse(address: string): void {
    this.refused.add(address);
  }

  admit(address: string): void {
    this.refused.delete(address);
  }

  /** Mails to the address arrive, and whoever sends them does not learn it. */
  loseAnswers(address: string): void {
    this.unanswered.add(address);
  }

  giveAnswers(address: string): void {
    this.unanswered.delete(address);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(client: Socket, { hostname, port }: URL): void {
    const server = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setEncoding('latin1').once('error', () => other.destroy());
      socket.once('close', () => {
        this.sockets.delete(socket);
        other.end();
      });
    }
    let isText = false;
    let isSent = false;
    let rest = '';
    let addressee = '';
    server.on('data', (answer) => {
      if (!isSent || !this.unanswered.has(addressee)) client.write(answer.toString(), 'latin1');
    });
    client.on('data', (said) => {
      const lines = (rest + said.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const to = isText ? null : /^RCPT TO:<([^>]*)>/i.exec(line);
        if (to) addressee = to[1] ?? '';
        if (isText && line === '.') {
          isText = false;
          isSent = true;
        } else if (!isText && /^DATA$/i.test(line)) isText = true;
        if (to && this.refused.has(addressee)) client.write(REFUSAL);
        else server.write(`${line}\r\n`, 'latin1');
      }
    });
  }
}
