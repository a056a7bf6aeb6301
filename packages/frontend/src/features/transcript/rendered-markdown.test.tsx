import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { RenderedMarkdown } from './rendered-markdown.tsx';

const render = (text: string, streaming = false) =>
  renderToStaticMarkup(<RenderedMarkdown text={text} streaming={streaming} />);

/** What a reader sees of it. */
const seen = (text: string, streaming = false) =>
  render(text, streaming)
    .replaceAll(/<svg.*?<\/svg>/gs, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&');

const odd: readonly (readonly [string, string])[] = [
  ['an image without words', 'alpha ![](https://images.test/bravo.png) charlie'],
  ['an image with words', '![alpha bravo](https://images.test/1.png)'],
  ['an image by reference', '![alpha][1]\n\n[1]: https://images.test/1.png'],
  ['an image in the text', '![alpha](data:image/png;base64,bravo)'],
  ['HTML in a line', 'alpha <b onclick="bravo">charlie</b> <script>delta()</script> echo'],
  ['HTML of its own', '<div class="alpha">bravo</div>\n\ncharlie'],
  ['folded HTML', '<details><summary>alpha</summary>\n\nbravo\n\n</details>'],
  ['a comment', 'alpha <!-- bravo --> charlie\n\n<!-- delta -->'],
  ['a frame', '<iframe src="https://alpha.test">bravo</iframe>'],
  ['a tag that never ends', 'alpha <bravo charlie'],
  ['a table whose head is shorter than its rule', '| alpha |\n|---|---|\n| bravo | charlie |'],
  ['a table whose rule is shorter than its head', '| alpha | bravo |\n|---|\n| charlie | delta |'],
  [
    'a row longer than its table',
    '| alpha | bravo |\n|---|---|\n| charlie | delta | echo | foxtrot |\n| golf |',
  ],
  ['a script as a link', '[alpha](javascript:bravo(1)) charlie'],
  ['a definition without use', 'alpha\n\n[bravo]: https://charlie.test "delta"'],
  ['a footnote without use', 'alpha\n\n[^bravo]: charlie delta'],
  ['words beside the language', '```js title=alpha\nbravo\n```'],
  ['nested odd things', '> - alpha <i>bravo</i>\n>   ![](https://charlie.test/x.png)'],
];

test.each(odd)('%s loses no text', (_what, text) => {
  for (const streaming of [false, true]) {
    const shown = seen(text, streaming);
    for (const [word] of text.matchAll(/alpha|bravo|charlie|delta|echo|foxtrot|golf/g)) {
      expect(shown).toContain(word);
    }
  }
});

test.each(odd)('%s runs nothing and fetches nothing', (_what, text) => {
  expect(render(text)).not.toMatch(
    /<(?:img|iframe|script|object|embed|style|form|input)\b|<[^>]*(?:javascript:|\son\w+=)/i,
  );
});

test('ordinary markdown is rendered, line breaks of tables too', () => {
  const html = render(
    '# Head\n\n**bold** and `code`\n\n| a | b |\n|---|---|\n| 1<br>2 | [link](https://x.test/) |',
  );
  expect(html).toMatch(/<h1[^>]*>Head<\/h1>/);
  expect(html).toMatch(/>bold</);
  expect(html).toMatch(/1<br\/>\s*2/);
  expect(html).toMatch(/<a[^>]*href="https:\/\/x\.test\/"/);
});

test('what turns the writing direction around is spelled out, in text and in code', () => {
  expect(seen('admin\u202Eabc `x\u202Ey`\n\n```\nif\u2066\n```')).toMatch(
    /admin⟨U\+202E⟩abc .*x⟨U\+202E⟩y.*if⟨U\+2066⟩/s,
  );
});
