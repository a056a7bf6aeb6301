import { escapeHtml } from './escape.js';

/** A button; `kind` is `primary` or `quiet`. */
export function button({ label, kind = 'primary', disabled = false }) {
  const attributes = disabled ? ' disabled' : '';
  return `<button class="button button-${kind}"${attributes}>${escapeHtml(label)}</button>`;
}
