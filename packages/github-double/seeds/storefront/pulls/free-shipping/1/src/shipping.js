export const shippingCents = 490;
export const freeShippingFromCents = 5000;

/** What shipping costs for a cart of this total. */
export function shippingFor(totalCents) {
  if (totalCents === 0) return 0;
  return totalCents >= freeShippingFromCents ? 0 : shippingCents;
}
