/** What a mail says, before it is made plain text and HTML. */
export interface MailText {
  subject: string;
  /** Paragraphs. */
  body: string[];
  /** The one thing to do. */
  action: { label: string; url: string } | null;
}

/** Longer ones are cut off: nobody reads them, and no header takes them. */
const LONGEST_SUBJECT = 250;

/** The subject in one line. */
export function asSubject({ subject }: Pick<MailText, 'subject'>): string {
  const line = subject.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= LONGEST_SUBJECT ? line : `${line.slice(0, LONGEST_SUBJECT)}…`;
}

/** The text as plain mail. */
export function asPlainText(text: MailText): string {
  const action = text.action ? [`${text.action.label}: ${text.action.url}`] : [];
  return `${[...text.body, ...action, 'Leasehold'].join('\n\n')}\n`;
}

/** The text as simple HTML that reads in light and dark. */
export function asHtml(text: MailText): string {
  const paragraphs = text.body.map((each) => `<p>${escaped(each)}</p>`).join('');
  const action = text.action ? `<p><a href="${escaped(text.action.url)}">${escaped(text.action.label)}</a></p>` : '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${escaped(text.subject)}</title></head><body style="font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em"><h1 style="font-size:1.25em">${escaped(text.subject)}</h1>${paragraphs}${action}<p>Leasehold</p></body></html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
