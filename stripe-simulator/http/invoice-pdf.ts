import type { Invoice } from '../engine/objects.ts';
import { day, money } from './hosted-page.ts';

const LEFT = 56;
const TOP = 780;
const LEADING = 18;

/** The document behind `invoice_pdf`: one page of text in Helvetica. https://docs.stripe.com/invoicing/customize */
export function invoicePdf(invoice: Invoice): Buffer {
  const amount = (minorUnits: number) => money(minorUnits, invoice.currency);
  const lines = [
    `Invoice ${invoice.number ?? '(draft)'}`,
    'Stripe simulator: no real money moves here.',
    '',
    `Date of issue: ${day(invoice.status_transitions.finalized_at ?? invoice.created)}`,
    `Status: ${invoice.status}`,
    `Bill to: ${[invoice.customer_name, invoice.customer_email].filter(Boolean).join(', ') || invoice.customer}`,
    '',
    ...invoice.lines.data.flatMap((line) => [
      `${line.description}: ${amount(line.amount)}`,
      `    ${day(line.period.start)} to ${day(line.period.end)}`,
    ]),
    '',
    `Total: ${amount(invoice.total)}`,
    `Amount due: ${amount(invoice.amount_due)}`,
    `Amount paid: ${amount(invoice.amount_paid)}`,
  ];
  return document(lines);
}

/** A PDF 1.4 file with its table of byte offsets. */
function document(lines: readonly string[]): Buffer {
  const text = lines.map((line) => `(${escaped(line)}) Tj T*`).join('\n');
  const content = `BT /F1 11 Tf ${LEADING} TL ${LEFT} ${TOP} Td\n${text}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>',
    `<< /Length ${Buffer.byteLength(content, 'latin1')} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
  ];
  let file = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = Buffer.byteLength(file, 'latin1');
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = Buffer.byteLength(file, 'latin1');
  const entries = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

/** Strings are in Latin-1 with three characters that mean something; others become question marks. */
function escaped(line: string): string {
  return line
    .replaceAll('×', 'x')
    .replace(/[^\x20-\xff]/g, '?')
    .replace(/[\\()]/g, '\\$&');
}
