import { escapeHtml } from './escape.js';

/** A button; `kind` is `primary` or `quiet`. While `loading` it cannot be pressed. */
export function button({ label, kind = 'primary', disabled = false, loading = false }) {
  const attributes = `${disabled || loading ? ' disabled' : ''}${loading ? ' aria-busy="true"' : ''}`;
  return `<button class="button button-${kind}"${attributes}>${escapeHtml(label)}</button>`;
}
