/** Value added tax in percent by country. */
export const taxRates = { CH: 8.1, DE: 19, FR: 20, NL: 21 };

export function taxFor(country, netCents) {
  const rate = taxRates[country];
  if (rate === undefined) throw new Error(`No tax rate for ${country}`);
  return Math.round((netCents * rate) / 100);
}
