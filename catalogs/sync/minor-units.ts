import { digitsOf } from '../money.ts';

/**
 * A decimal amount in major units as one in minor units, exactly: `0.005` dollars are `0.5` cents.
 *
 * @param amount plain decimal, for example `0.005`
 * @param currency ISO 4217 code in lower case
 */
export function minorUnits(amount: string, currency: string): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const digits = digitsOf(currency);
  const moved = fraction.padEnd(digits, '0');
  return plainDecimal(`${whole}${moved.slice(0, digits)}.${moved.slice(digits)}`);
}

/** Minor units for people: `0.5` cents are `0.005 USD`. */
export function readableAmount(minor: string, currency: string): string {
  const digits = digitsOf(currency);
  const [whole = '0', fraction = ''] = minor.split('.');
  const padded = whole.padStart(digits + 1, '0');
  const cents = padded.slice(padded.length - digits) + fraction;
  const major = padded.slice(0, padded.length - digits);
  return `${digits === 0 && fraction === '' ? major : `${major}.${cents}`} ${currency.toUpperCase()}`;
}

/** Without zeros that say nothing, so that equal amounts are equal texts. */
export function plainDecimal(amount: string): string {
  const short = amount.includes('.') ? amount.replace(/\.?0*$/, '') : amount;
  return short.replace(/^0+(?=\d)/, '');
}
