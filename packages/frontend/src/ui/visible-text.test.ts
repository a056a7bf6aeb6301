import { expect, test } from 'vitest';
import { visibleName, visibleText } from './visible-text.ts';

test('what turns the writing direction around is spelled out, in texts and in names', () => {
  expect(visibleText('access\u202Enimda')).toBe('access⟨U+202E⟩nimda');
  expect(visibleName('photo\u202Egnp.exe')).toBe('photo⟨U+202E⟩gnp.exe');
  expect(visibleText('a\u2066b\u2069')).toBe('a⟨U+2066⟩b⟨U+2069⟩');
});

test('texts written in letters that nobody sees are spelled out', () => {
  expect(visibleText('ok\u{E0068}\u{E0069}')).toBe('ok⟨U+E0068⟩⟨U+E0069⟩');
});

test('in a name everything invisible is, in a text what writing needs is left alone', () => {
  expect(visibleName('a\u200Bb\nc\u00ADd')).toBe('a⟨U+200B⟩b⟨U+000A⟩c⟨U+00AD⟩d');
  const text = 'قلعه\u200Cها, 👩\u200D💻, שלום\u200F!\nnext line\tand a tab';
  expect(visibleText(text)).toBe(text);
});

test('ordinary names of every script stay as they are', () => {
  for (const name of ['src/größe.ts', '文档/说明.md', 'emoji 🎉.txt', 'עברית.md']) {
    expect(visibleName(name)).toBe(name);
  }
});
