import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The title of a note: its first heading, or its file name. */
export function titleOf(name, text) {
  return /^# (.+)$/m.exec(text)?.[1] ?? name;
}

/** All notes of a folder in alphabetical order. */
export function readNotes(folder) {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -3);
      const text = readFileSync(join(folder, file), 'utf8');
      return { name, title: titleOf(name, text), text };
    });
}
