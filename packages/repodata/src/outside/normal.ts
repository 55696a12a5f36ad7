/**
 * Writes a package's element anew so that it means the same in any listing of its kind, where its bytes do not: comments
 * are gone, CDATA is text, and what has a foreign namespace declares it on the spot.
 *
 * Invariant: what comes out has the elements, attributes and texts that came in, in their order.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { DocumentForm } from '../compose/document.ts';
import { inAttribute, inText } from '../compose/written.ts';
import { RepodataError, shown } from '../errors.ts';
import { malformed } from './tokens.ts';

const xml = 'http://www.w3.org/XML/1998/namespace';
const declaring = 'http://www.w3.org/2000/xmlns/';

/** @param declarations namespaces by prefix in the root of the listing that the element stood in, the default one under '' */
export function normal(
  element: Buffer,
  form: DocumentForm,
  declarations: ReadonlyMap<string, string>,
): Buffer {
  const written: string[] = [];
  const names: string[] = [];
  let open = false;
  let depth = 0;
  const close = (end: string) => {
    if (open) written.push(end);
    open = false;
  };
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw malformed(shown(error.message));
  });
  parser.on('opentag', (tag) => {
    depth += 1;
    if (depth === 1) return;
    close('>');
    const { name, attributes } = namesOf(tag, form);
    names.push(name);
    written.push(`<${name}${attributes}`);
    open = true;
  });
  parser.on('closetag', () => {
    depth -= 1;
    const name = names.pop();
    if (depth === 0 || name === undefined) return;
    written.push(open ? '/>' : `</${name}>`);
    open = false;
  });
  const text = (value: string) => {
    if (depth < 2 || value === '') return;
    close('>');
    written.push(inText(value));
  };
  parser.on('text', text);
  parser.on('cdata', text);
  const declared = [...declarations].map(([prefix, uri]) => {
    return ` xmlns${prefix === '' ? '' : `:${prefix}`}="${inAttribute(uri)}"`;
  });
  parser
    .write(`<root${declared.join('')}>`)
    .write(element.toString('utf8'))
    .write('</root>')
    .close();
  return Buffer.from(`${written.join('')}\n`);
}

function namesOf(tag: SaxesTagNS, form: DocumentForm): { name: string; attributes: string } {
  const foreign: string[] = [];
  const nameOf = (uri: string, local: string) => {
    for (const [prefix, home] of Object.entries(form.prefixes)) if (uri === home) return `${prefix}:${local}`;
    if (uri === xml) return `xml:${local}`;
    let at = foreign.indexOf(uri);
    if (at < 0) at = foreign.push(uri) - 1;
    return `x${at}:${local}`;
  };
  if (tag.uri === '')
    throw new RepodataError(
      'hostile',
      `The metadata has an element ${shown(tag.local)} without a namespace.`,
    );
  const name = tag.uri === form.uri ? tag.local : nameOf(tag.uri, tag.local);
  const attributes = Object.values(tag.attributes)
    .filter(({ uri }) => uri !== declaring)
    .map(({ uri, local, value }) => ` ${uri === '' ? local : nameOf(uri, local)}="${inAttribute(value)}"`);
  const declared = foreign.map((uri, at) => ` xmlns:x${at}="${inAttribute(uri)}"`);
  return { name, attributes: [...declared, ...attributes].join('') };
}
