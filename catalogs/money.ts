// https://docs.stripe.com/currencies: what Stripe counts in other than two digits. UGX and ISK are sent with two there.
const NO_DIGITS = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const THREE_DIGITS = new Set('bhd jod kwd omr tnd'.split(' '));

/** Digits after the point of a currency's amounts at Stripe: 2 for usd, 0 for jpy. */
export function digitsOf(currency: string): number {
  if (NO_DIGITS.has(currency)) return 0;
  return THREE_DIGITS.has(currency) ? 3 : 2;
}

/**
 * Minor units of an amount in major ones: `9`, `9.00` and `9.0` are 900 in usd.
 *
 * @returns `null` when the amount has more digits than the currency
 */
export function toMinorUnits(amount: string, currency: string): number | null {
  const digits = digitsOf(currency);
  const [whole = '', fraction = ''] = amount.split('.');
  return fraction.length > digits ? null : Number(whole + fraction.padEnd(digits, '0'));
}

/** Minor units for people: `$9`, `$9.50`, `€12`. */
export function formatMoney(minorUnits: number, currency: string): string {
  return formatMajor(minorUnits / 10 ** digitsOf(currency), currency, digitsOf(currency));
}

/** The price of one unit for people, with all its digits: `$0.005`. */
export function formatUnitPrice(unitPrice: string, currency: string): string {
  return formatMajor(Number(unitPrice), currency, Math.max(digitsOf(currency), unitPrice.split('.')[1]?.length ?? 0));
}

function formatMajor(amount: number, currency: string, digits: number): string {
  return amount.toLocaleString('en-US', {
    style: 'currency',
    currency,
    minimumFractionDigits: Math.min(digits, digitsOf(currency)),
    maximumFractionDigits: digits,
    trailingZeroDisplay: 'stripIfInteger',
  } as Intl.NumberFormatOptions);
}
