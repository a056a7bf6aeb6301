/** What an agent gives names to is shown in one line: longer ones would cover what stands beside them. */
const maxNameLength = 300;

/** One line of bounded length. */
export function nameOf(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > maxNameLength ? `${line.slice(0, maxNameLength)}…` : line;
}
