import { taxFor } from './tax.js';

/** An invoice for an order: net, tax and gross in cents, due after 14 days. */
export function createInvoice(order, issuedAt) {
  const netCents = order.items.reduce((sum, item) => sum + item.priceCents * item.quantity, 0);
  const taxCents = taxFor(order.country, netCents);
  const dueAt = new Date(issuedAt);
  dueAt.setUTCDate(dueAt.getUTCDate() + 14);
  return { orderId: order.id, netCents, taxCents, grossCents: netCents + taxCents, issuedAt, dueAt };
}

export function isOverdue(invoice, now) {
  return invoice.paidAt === undefined && now > invoice.dueAt;
}
