import { mkdirSync, writeFileSync } from 'node:fs';
import { tokens, toCss } from './tokens.js';

mkdirSync('dist', { recursive: true });
writeFileSync('dist/tokens.css', toCss(tokens));
