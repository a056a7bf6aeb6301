/**
 * Characters that change how others look without being seen: overrides and isolates of the writing direction, and the
 * tag characters that spell a text nobody sees.
 */
const deceptive = /[\u202a-\u202e\u2066-\u2069]|\u{e0001}|[\u{e0020}-\u{e007f}]/gu;

/** In a name everything that cannot be seen is a trick, or a mistake that somebody wants to see. */
const invisibleInNames =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

function named(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/** A text from outside, such as an agent's answer: what would make it look like another one is spelled out. */
export function visibleText(text: string): string {
  return text.replace(deceptive, named);
}

/** A name from outside, such as a file's or a branch's: whatever cannot be seen is spelled out. */
export function visibleName(name: string): string {
  return name.replace(invisibleInNames, named);
}
