import { tokens } from './tokens.js';

/** The same tokens with colours for dark surroundings. */
export const darkTokens = {
  ...tokens,
  color: { text: '#f0f6fc', background: '#0d1117', accent: '#4493f8' },
};
