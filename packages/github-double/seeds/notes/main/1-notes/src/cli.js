import { join } from 'node:path';
import { readNotes } from './notes.js';

const notes = readNotes(join(import.meta.dirname, '..', 'notes'));
const [command, name] = process.argv.slice(2);

if (command === 'list') {
  for (const note of notes) process.stdout.write(`${note.name}: ${note.title}\n`);
} else if (command === 'show') {
  const note = notes.find((entry) => entry.name === name);
  if (note === undefined) {
    process.stderr.write(`There is no note ${name}\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(note.text);
  }
} else {
  process.stderr.write('Usage: notes list | show <name>\n');
  process.exitCode = 2;
}
