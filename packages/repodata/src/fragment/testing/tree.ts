/** XML as a value that can be compared: names with their addresses, attributes, text, order. */
import { SaxesParser } from 'saxes';

export interface Tree {
  /** `{address}name` */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** What stands inside besides elements; of elements that have elements inside, without white space. */
  readonly text: string;
  readonly inside: readonly Tree[];
}

type Growing = { name: string; attributes: Record<string, string>; text: string; inside: Growing[] };

/** Throws where the text is no XML. */
export function treeOf(xml: string): Tree {
  const parser = new SaxesParser({ xmlns: true });
  const root: Growing = { name: '', attributes: {}, text: '', inside: [] };
  const open: Growing[] = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    const values = Object.entries(attributes).map(([name, { value }]) => [name, value]);
    const tree = { name: `{${uri}}${local}`, attributes: Object.fromEntries(values), text: '', inside: [] };
    open.at(-1)?.inside.push(tree);
    open.push(tree);
  });
  parser.on('text', (text) => {
    const tree = open.at(-1);
    if (tree !== undefined) tree.text += text;
  });
  parser.on('closetag', () => {
    const tree = open.pop();
    if (tree !== undefined && tree.inside.length > 0) tree.text = tree.text.trim();
  });
  parser.write(xml).close();
  return root.inside[0] ?? root;
}
