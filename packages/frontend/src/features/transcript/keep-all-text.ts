import type {
  Definition,
  Image,
  ImageReference,
  Paragraph,
  PhrasingContent,
  Root,
  RootContent,
  Table,
} from 'mdast';
import { SKIP, visit } from 'unist-util-visit';
import { visibleText } from '../../ui/visible-text.ts';

/** Where a link may lead; every other address is shown as text. */
const followed = /^(?:https?:|mailto:|#|\/(?!\/)|[^:]*$)/i;

const textNode = (value: string): PhrasingContent => ({ type: 'text', value });
const paragraph = (value: string): Paragraph => ({ type: 'paragraph', children: [textNode(value)] });
const lineBreakTag = /^<br\s*\/?>$/i;

/**
 * A remark plugin by which nothing that an agent wrote is left out of the page: markup that is not rendered (HTML,
 * pictures, addresses that lead nowhere safe, definitions that nothing refers to, cells beyond a table's head, words
 * beside the language of a code block) is shown as the text that it is. Deceptive characters are spelled out.
 */
export function keepAllText() {
  return (tree: Root, file: { value: unknown }): void => {
    const source = String(file.value);
    const sourceOf = (node: RootContent | PhrasingContent): string =>
      node.position === undefined
        ? ''
        : source.slice(node.position.start.offset ?? 0, node.position.end.offset ?? 0);
    const definitions = new Map<string, Definition>();
    const referenced = new Set<string>();
    visit(tree, (node) => {
      if (node.type === 'definition') definitions.set(node.identifier, node);
      if (node.type === 'linkReference' || node.type === 'imageReference') referenced.add(node.identifier);
      if (node.type === 'footnoteReference') referenced.add(`^${node.identifier}`);
      if (node.type === 'table') padHead(node);
    });
    visit(tree, (node, index, parent) => {
      if (parent === undefined || index === undefined) return undefined;
      const replace = (...nodes: RootContent[]): [typeof SKIP, number] => {
        // A parent takes what stood in it before, as text.
        (parent.children as RootContent[]).splice(index, 1, ...nodes);
        return [SKIP, index + nodes.length];
      };
      if (node.type === 'html') {
        if (lineBreakTag.test(node.value)) return replace({ type: 'break' });
        const value = visibleText(node.value);
        return isFlow(parent.type)
          ? replace({ type: 'code', lang: 'html', value })
          : replace(textNode(value));
      }
      if (node.type === 'image') return replace(...shownImage(node, node.url));
      if (node.type === 'imageReference') {
        return replace(...shownImage(node, definitions.get(node.identifier)?.url ?? ''));
      }
      if (node.type === 'definition' && !referenced.has(node.identifier)) {
        return replace(paragraph(visibleText(sourceOf(node))));
      }
      if (node.type === 'footnoteDefinition' && !referenced.has(`^${node.identifier}`)) {
        parent.children.splice(index, 1, paragraph(`[^${node.label ?? node.identifier}]:`), ...node.children);
        return index;
      }
      if (node.type === 'link' && !followed.test(node.url)) {
        parent.children.splice(index, 1, ...node.children, textNode(` (${visibleText(node.url)})`));
        return index;
      }
      if (node.type === 'code') {
        node.value = visibleText(node.value);
        const meta = node.meta ?? '';
        node.meta = null;
        return meta === ''
          ? undefined
          : replace(
              { type: 'paragraph', children: [{ type: 'inlineCode', value: visibleText(meta) }] },
              node,
            );
      }
      if (node.type === 'text' || node.type === 'inlineCode') node.value = visibleText(node.value);
      return undefined;
    });
  };
}

function isFlow(type: string): boolean {
  return type === 'root' || type === 'blockquote' || type === 'listItem' || type === 'footnoteDefinition';
}

/** A picture would be a request to another host, chosen by an agent: its words stand here, and where it is. */
function shownImage(node: Image | ImageReference, url: string): PhrasingContent[] {
  const words = visibleText(node.alt ?? '');
  if (!/^https?:/i.test(url)) return [textNode(`![${words}](${visibleText(url.slice(0, 200))})`)];
  return [
    textNode('Picture: '),
    { type: 'link', url, title: null, children: [textNode(words === '' ? visibleText(url) : words)] },
  ];
}

/** Cells of a row beyond the head's are dropped otherwise. */
function padHead(table: Table): void {
  const columns = Math.max(...table.children.map((row) => row.children.length));
  const [head] = table.children;
  const missing = columns - (head?.children.length ?? 0);
  head?.children.push(
    ...Array.from({ length: missing }, () => ({ type: 'tableCell' as const, children: [] })),
  );
  table.align = Array.from({ length: columns }, (_, column) => table.align?.[column] ?? null);
}
