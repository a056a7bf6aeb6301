const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeHtml(text) {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]);
}
