import { findProduct } from './catalog.js';

/** A cart is a list of lines; every function returns a new cart. */
export function emptyCart() {
  return { lines: [] };
}

export function addToCart(cart, productId, quantity = 1) {
  if (!Number.isInteger(quantity) || quantity < 1) throw new Error('quantity must be a whole number above 0');
  findProduct(productId);
  const existing = cart.lines.find((line) => line.productId === productId);
  if (existing === undefined) return { lines: [...cart.lines, { productId, quantity }] };
  return {
    lines: cart.lines.map((line) =>
      line === existing ? { ...line, quantity: line.quantity + quantity } : line,
    ),
  };
}

export function removeFromCart(cart, productId) {
  return { lines: cart.lines.filter((line) => line.productId !== productId) };
}

/** Sum of all lines in whole cents, before shipping and before any discount. */
export function cartTotal(cart) {
  let total = 0;
  for (const line of cart.lines) total += findProduct(line.productId).priceCents * line.quantity;
  return total;
}

/** How many things are in the cart. */
export function cartCount(cart) {
  return cart.lines.reduce((sum, line) => sum + line.quantity, 0);
}
