/** Steps of four pixels: `spacing(3)` is `12px`. */
export function spacing(steps) {
  return `${steps * 4}px`;
}
