import { createTransport } from 'nodemailer';
import { SIZE_LIMITS } from '#domain/size-limits.ts';
import { textFault } from '#domain/text-rules.ts';
import { asHtml, asPlainText, asSubject, type MailText } from './mail-text.ts';

export interface MailerOptions {
  /** `smtp://user:password@host:port`, or `smtps://`. */
  smtpUrl: string;
  /** The sender, for example `Leasehold <no-reply@example.com>`. */
  from: string;
}

export interface Mail {
  to: { name: string; address: string }[];
  text: MailText;
  /** Names the kind of mail in the header `X-Leasehold-Template`. */
  template: string;
  /** The same for every attempt at one mail, so that a second one is recognised. Default: made up. */
  messageId?: string;
  /** Default: now. */
  date?: Date;
}

export interface Mailer {
  /** Resolves when the server has taken the mail. Rejects with the server's error, which may hold addresses: log its code only. */
  send(mail: Mail): Promise<void>;
}

const { connectWithinMs, greetingWithinMs, silenceMs, responseBytes } = SIZE_LIMITS.mail;

/**
 * Hands mails to an SMTP server, each as plain text and HTML. Connects at each mail; a server that is silent, or says more than
 * `SIZE_LIMITS.mail`, has not taken it.
 */
export function createMailer({ smtpUrl, from }: MailerOptions): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: connectWithinMs,
    greetingTimeout: greetingWithinMs,
    socketTimeout: silenceMs,
    maxResponseSize: responseBytes,
  });
  return {
    async send({ to, text, template, messageId, date }) {
      await transport.sendMail({
        messageId,
        date,
        from,
        to: to.map(nameOnlyIfFit),
        subject: asSubject(text),
        text: asPlainText(text),
        html: asHtml(text),
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Leasehold-Template': template },
      });
    },
  };
}

/** A name that was stored before there were rules for names may be anything: it is left out. */
function nameOnlyIfFit({ name, address }: Mail['to'][number]): Mail['to'][number] {
  return { name: textFault('personName', name) === null ? name : '', address };
}
