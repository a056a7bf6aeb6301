/** Words that begin with `#` in the text of a note, without double ones. */
export function tagsOf(text) {
  return [...new Set([...text.matchAll(/(?:^|\s)#([a-z][\w-]*)/g)].map((match) => match[1]))];
}
