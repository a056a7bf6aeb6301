/** How many bytes a text is on its way: letters beyond the Latin ones are two to four each. */
export function textSizeBytes(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
