/** `1290` as `12.90 €`. */
export function formatCents(cents) {
  const sign = cents < 0 ? '-' : '';
  const absolute = Math.abs(cents);
  return `${sign}${Math.floor(absolute / 100)}.${String(absolute % 100).padStart(2, '0')} €`;
}

/** A part of an amount in percent, rounded to whole cents, halves up. */
export function percentOf(cents, percent) {
  return Math.round((cents * percent) / 100);
}
