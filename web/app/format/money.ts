/**
 * `$9.00`: minor units as people of that locale write them.
 *
 * @param amountMinor integer, in the currency's smallest unit: cents, or whole yen
 * @param currency ISO 4217 code in any case
 */
export function money(amountMinor: number, currency: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: currency.toUpperCase(),
    currencyDisplay: 'narrowSymbol',
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amountMinor / 10 ** digits).replace(/[\u202f\u00a0]/g, ' ');
}
