/** Prices are whole cents. */
export const products = [
  { id: 'mug', name: 'Enamel mug', priceCents: 1290, tags: ['kitchen', 'gift'] },
  { id: 'lamp', name: 'Desk lamp', priceCents: 4900, tags: ['office'] },
  { id: 'pen', name: 'Fountain pen', priceCents: 2350, tags: ['office', 'gift'] },
  { id: 'bag', name: 'Canvas bag', priceCents: 1800, tags: ['travel'] },
];

export function findProduct(id) {
  const product = products.find((entry) => entry.id === id);
  if (product === undefined) throw new Error(`No product with id ${id}`);
  return product;
}

/** Products for which every word of the text is in the name or is a tag. */
export function search(text) {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return products.filter((product) =>
    words.every((word) => product.name.toLowerCase().includes(word) || product.tags.includes(word)),
  );
}
