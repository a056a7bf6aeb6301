import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A text field of a form; a missing one, or a file, is the empty text. */
export function formText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The frame of every page: small, readable, usable without JavaScript. */
export function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · GitHub double</title>
        <style>
          :root {
            color-scheme: light dark;
            --line: #d1d9e0;
            --soft: #59636e;
            --panel: #f6f8fa;
            --accent: #1f883d;
          }
          @media (prefers-color-scheme: dark) {
            :root {
              --line: #3d444d;
              --soft: #9198a1;
              --panel: #151b23;
              --accent: #238636;
            }
            body {
              background: #0d1117;
              color: #f0f6fc;
            }
          }
          * {
            box-sizing: border-box;
          }
          body {
            margin: 0;
            font:
              15px/1.5 system-ui,
              sans-serif;
          }
          main {
            max-width: 34rem;
            margin: 3rem auto;
            padding: 0 1rem;
          }
          main.wide {
            max-width: 52rem;
          }
          h1 {
            font-size: 1.35rem;
            font-weight: 600;
            margin: 0 0 0.25rem;
          }
          p {
            margin: 0.25rem 0 1rem;
            color: var(--soft);
          }
          form {
            margin: 0;
          }
          ul {
            list-style: none;
            margin: 0;
            padding: 0;
            display: grid;
            gap: 0.5rem;
          }
          .card {
            display: flex;
            align-items: center;
            gap: 0.9rem;
            width: 100%;
            padding: 0.8rem 1rem;
            font: inherit;
            color: inherit;
            text-align: left;
            background: var(--panel);
            border: 1px solid var(--line);
            border-radius: 10px;
            cursor: pointer;
          }
          .card:hover {
            border-color: var(--accent);
          }
          .card:focus-visible,
          .button:focus-visible {
            outline: 2px solid var(--accent);
            outline-offset: 2px;
          }
          .card img {
            width: 44px;
            height: 44px;
            border-radius: 50%;
          }
          .card strong {
            display: block;
            color: CanvasText;
          }
          .card span {
            color: var(--soft);
          }
          .button {
            font: inherit;
            font-weight: 600;
            padding: 0.5rem 1rem;
            border: 0;
            border-radius: 8px;
            color: white;
            background: var(--accent);
            cursor: pointer;
          }
          .button.quiet {
            color: inherit;
            background: var(--panel);
            border: 1px solid var(--line);
          }
          .badge {
            display: inline-block;
            padding: 0.1rem 0.7rem;
            border-radius: 999px;
            color: white;
            background: #1f883d;
            font-size: 0.85rem;
            font-weight: 600;
          }
          .badge.closed {
            background: #cf222e;
          }
          .badge.merged {
            background: #8250df;
          }
          .badge.draft {
            background: #59636e;
          }
          .panel {
            border: 1px solid var(--line);
            border-radius: 10px;
            padding: 1rem;
            margin: 1rem 0;
          }
          .row {
            display: flex;
            flex-wrap: wrap;
            align-items: center;
            gap: 0.6rem;
          }
          pre {
            overflow-x: auto;
            padding: 0.8rem;
            background: var(--panel);
            border: 1px solid var(--line);
            border-radius: 8px;
          }
          footer {
            margin-top: 2rem;
            font-size: 0.85rem;
            color: var(--soft);
          }
          label {
            display: block;
          }
          select {
            font: inherit;
            padding: 0.4rem;
            border-radius: 6px;
          }
        </style>
      </head>
      <body>
        ${content}
      </body>
    </html>`;
}

/** A generated portrait: the initial on a colour of its own. */
export function avatarSvg(id: number, login: string): string {
  const hue = (id * 137) % 360;
  const letter = (/[a-z0-9]/i.exec(login)?.[0] ?? '?').toUpperCase();
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96"><defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="hsl(${hue} 65% 58%)"/><stop offset="1" stop-color="hsl(${(hue + 50) % 360} 65% 42%)"/></linearGradient></defs><rect width="96" height="96" fill="url(#g)"/><text x="48" y="64" font-family="system-ui,sans-serif" font-size="46" font-weight="600" fill="#fff" text-anchor="middle">${letter}</text></svg>`;
}
