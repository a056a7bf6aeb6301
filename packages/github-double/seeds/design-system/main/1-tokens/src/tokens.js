export const tokens = {
  color: { text: '#1f2328', background: '#ffffff', accent: '#0969da' },
  space: { small: '4px', medium: '8px', large: '16px' },
  radius: { control: '6px' },
};

/** `{ color: { text: … } }` as `--color-text: …;` lines. */
export function toCss(groups) {
  const lines = [];
  for (const [group, values] of Object.entries(groups)) {
    for (const [name, value] of Object.entries(values)) lines.push(`  --${group}-${name}: ${value};`);
  }
  return `:root {\n${lines.join('\n')}\n}\n`;
}
