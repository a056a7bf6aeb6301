/** Takes what a gift card still holds off a total. Nothing is stored yet. */
export function payWithGiftCard(totalCents, card) {
  const paidCents = Math.min(totalCents, card.balanceCents);
  return {
    leftToPayCents: totalCents - paidCents,
    card: { ...card, balanceCents: card.balanceCents - paidCents },
  };
}
